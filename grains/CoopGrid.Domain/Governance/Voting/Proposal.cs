using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// A proposal in memory: the fold of its entries. <see cref="Apply"/> is the only way to change it, for a decision just made and for a
/// replay alike. Not thread-safe: its holder has one writer at a time.
/// <list type="number">
/// <item>pending until <see cref="Start"/> = made + delay; active until <see cref="End"/> = start + period, moved at most once by a late quorum;</item>
/// <item>then defeated, or succeeded until it is queued, but for <c>executionPeriod</c> at most;</item>
/// <item>queued until it is executed, which may be from <see cref="ExecutableFrom"/> = queued + timelock, for <c>executionPeriod</c>;</item>
/// <item>else expired. Executed and cancelled are for ever.</item>
/// <item>The time of a proposal is never before its last entry: a clock that goes back reopens nothing.</item>
/// </list>
/// </summary>
/// <param name="id">The proposal's id in its co-op, 1 to 128 bytes of UTF-8.</param>
public sealed class Proposal(string id)
{
    private readonly Dictionary<string, VoteCast> _votes = [];
    private ProposalMade? _made;

    public string Id => id;

    /// <summary>Number of the last entry; 0 before the first, while there is no such proposal.</summary>
    public long Sequence { get; private set; }

    /// <summary>When the last entry was made.</summary>
    public Instant LastAt { get; private set; }

    public bool Exists => _made is not null;

    /// <summary>How it was made, with what it asks for and the numbers it runs by.</summary>
    /// <exception cref="InvalidOperationException">There is no such proposal.</exception>
    public ProposalMade Made => _made ?? throw new InvalidOperationException($"There is no proposal {id}.");

    public GovernancePolicy Governance => Made.Governance;

    /// <summary>The first instant of the vote.</summary>
    public Instant Start => Made.At.PlusMs(Governance.VotingDelayMs);

    /// <summary>The first instant after the vote, as far as it is known: a late quorum may still move it, once.</summary>
    public Instant End { get; private set; }

    /// <summary>When the quorum was reached; null before.</summary>
    public Instant? QuorumAt { get; private set; }

    /// <summary>Members at the vote's start; null until they are counted, at the first vote at the latest.</summary>
    public long? Electorate { get; private set; }

    public VoteTally Tally { get; private set; }

    /// <summary>The votes, in no order that means anything.</summary>
    public IReadOnlyCollection<VoteCast> Votes => _votes.Values;

    public ProposalCancelled? Cancelled { get; private set; }

    public ProposalQueued? Queued { get; private set; }

    public ProposalExecuted? Executed { get; private set; }

    /// <summary>The end of the timelock; null unless it was queued.</summary>
    public Instant? ExecutableFrom => Queued?.At.PlusMs(Governance.TimelockMs);

    /// <summary>The first instant at which it can no longer be queued, or once queued, no longer be executed.</summary>
    public Instant ExpiresAt => (ExecutableFrom ?? End).PlusMs(Governance.ExecutionPeriodMs);

    /// <summary>The member's vote, or null.</summary>
    public VoteCast? VoteOf(string member) => _votes.GetValueOrDefault(member);

    /// <summary>The proposal's time: the clock's, but never before the last entry.</summary>
    public Instant TimeAt(Instant clock) => Instant.Max(clock, LastAt);

    /// <summary>Where it stands.</summary>
    public ProposalState StateAt(Instant clock)
    {
        if (_made is null) return ProposalState.None;
        if (Executed is not null) return ProposalState.Executed;
        if (Cancelled is not null) return ProposalState.Cancelled;
        Instant now = TimeAt(clock);
        if (now < Start) return ProposalState.Pending;
        if (now < End) return ProposalState.Active;
        if (!VoteRule.Passes(Tally, Electorate ?? 0, Governance.QuorumPermille)) return ProposalState.Defeated;
        if (now >= ExpiresAt) return ProposalState.Expired;
        return Queued is null ? ProposalState.Succeeded : ProposalState.Queued;
    }

    /// <summary>What it brings about; null unless it is executed.</summary>
    public ProposalEffect? Effect => Executed is null ? null : Made.Draft.Change switch
    {
        ClassPolicyChange change =>
            new ClassPolicyEffect(change.Class, change.New with { Version = Executed.Version }, Executed.FromSlice, Origin(Executed)),
        GovernanceChange change => new GovernanceEffect(change.New with { Version = Executed.Version }, Origin(Executed)),
        CommonsSpending spending => new SpendingEffect(spending, Origin(Executed)),
        _ => throw new InvalidOperationException($"Unknown change {Made.Draft.Change.GetType().Name}."),
    };

    /// <summary>Adds the next entry.</summary>
    /// <exception cref="InvalidOperationException">The entry's sequence is not the next one, or the first is not the proposal's making.</exception>
    public void Apply(ProposalEntry entry)
    {
        if (entry.Sequence != Sequence + 1) throw new InvalidOperationException($"Entry {entry.Sequence} does not follow {Sequence}: proposal {id} has a gap.");
        if (Exists == entry is ProposalMade) throw new InvalidOperationException($"Proposal {id} is made by its first entry, and by no other.");
        switch (entry)
        {
            case ProposalMade made:
                _made = made;
                End = Start.PlusMs(Governance.VotingPeriodMs);
                break;
            case ElectorateCounted counted:
                Electorate = counted.Members;
                break;
            case VoteCast vote:
                Count(vote);
                break;
            case ProposalCancelled cancelled:
                Cancelled = cancelled;
                break;
            case ProposalQueued queued:
                Queued = queued;
                break;
            case ProposalExecuted executed:
                Executed = executed;
                break;
            default:
                throw new InvalidOperationException($"Unknown entry {entry.GetType().Name}.");
        }

        Sequence = entry.Sequence;
        LastAt = entry.At;
    }

    private void Count(VoteCast vote)
    {
        _votes.Add(vote.Member, vote);
        Tally = Tally.With(vote.Choice);
        if (QuorumAt is not null || !VoteRule.HasQuorum(Tally, Electorate!.Value, Governance.QuorumPermille)) return;
        QuorumAt = vote.At;
        End = VoteRule.EndAfterQuorum(End, vote.At, Governance);
    }

    private PolicyOrigin Origin(ProposalExecuted executed) => new()
    {
        Version = executed.Version,
        Proposal = id,
        Tally = Tally,
        Electorate = Electorate!.Value,
        DecidedAt = End,
        ExecutedAt = executed.At,
    };

    /// <summary>The proposal as it was stored.</summary>
    public static Proposal Restore(ProposalSnapshot snapshot)
    {
        Proposal proposal = new(snapshot.Id)
        {
            Sequence = snapshot.Sequence,
            LastAt = snapshot.LastAt,
            End = snapshot.End,
            QuorumAt = snapshot.QuorumAt,
            Electorate = snapshot.Electorate,
            Cancelled = snapshot.Cancelled,
            Queued = snapshot.Queued,
            Executed = snapshot.Executed,
        };
        proposal._made = snapshot.Made;
        foreach (VoteCast vote in snapshot.Votes)
        {
            proposal._votes.Add(vote.Member, vote);
            proposal.Tally = proposal.Tally.With(vote.Choice);
        }

        return proposal;
    }

    /// <summary>All of it, votes in their order.</summary>
    public ProposalSnapshot Snapshot() => new()
    {
        Id = id,
        Sequence = Sequence,
        LastAt = LastAt,
        Made = _made,
        End = End,
        QuorumAt = QuorumAt,
        Electorate = Electorate,
        Votes = [.. _votes.Values.OrderBy(vote => vote.Sequence)],
        Cancelled = Cancelled,
        Queued = Queued,
        Executed = Executed,
    };
}
