using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>
/// A co-op whose members join, leave, propose, vote, cancel, queue and execute, right or wrong, and hold the rules against <see cref="SlowGovernance"/>:
/// <list type="number">
/// <item>every call is accepted by both or by neither, and every proposal is in the same state in both, hour after hour;</item>
/// <item>a refused call changes nothing;</item>
/// <item>nothing takes effect unless the votes that were taken, counted anew, are a majority of For with a quorum of those who were members at the start,
/// the timelock has passed since the vote's end, and the slice has not begun;</item>
/// <item>the end of a vote moves at most once, by at most the extension, and only by a vote.</item>
/// </list>
/// </summary>
internal sealed class VotingWorld
{
    private readonly SlowGovernance _slow = new();
    private readonly List<(int Who, long From, long Until)> _memberships = [];
    private readonly List<List<(int Who, VoteChoice Choice, long Hour)>> _ballots = [];
    private readonly List<int> _moves = [];
    private GovernancePolicy _governance;
    private long _commons = 100;

    public VotingWorld()
    {
        SlowNumbers slow = _slow.Numbers;
        _governance = new()
        {
            VotingDelayMs = slow.Delay * ProposalScene.HourMs,
            VotingPeriodMs = slow.Period * ProposalScene.HourMs,
            QuorumPermille = slow.Quorum,
            LateQuorumExtensionMs = slow.Extension * ProposalScene.HourMs,
            TimelockMs = slow.Timelock * ProposalScene.HourMs,
            ExecutionPeriodMs = slow.Execution * ProposalScene.HourMs,
        };
        Assert.Empty(GovernanceRules.Check(_governance));
        foreach (int who in new[] { 1, 2, 3 }) Do(new(ActKind.Join, Who: who));
    }

    public long Hour { get; private set; }

    public List<Proposal> Proposals { get; } = [];

    public List<List<ProposalEntry>> Entries { get; } = [];

    public PolicyHistory History { get; } = PolicyHistory.Found("homes", Policies.Valid, ProposalScene.Begin);

    private Instant Now => ProposalScene.At(Hour);

    /// <summary>Tries it in both; an hour passes. Whether anything changed.</summary>
    public bool Do(Act act)
    {
        bool slow = _slow.Do(act, Hour);
        bool done = act.Kind == ActKind.Wait ? slow : Try(act);
        Assert.True(slow == done, $"hour {Hour}: {act} was {(done ? "accepted" : "refused")} against expectation");
        CompareStates();
        for (int i = 0; i < act.Hours; i++)
        {
            Hour++;
            _slow.Look(Hour);
            CompareStates();
        }

        return done || act.Kind == ActKind.Wait;
    }

    private bool Try(Act act)
    {
        if (act.Kind == ActKind.Join) return Join(act.Who);
        if (act.Kind == ActKind.Leave) return Leave(act.Who);
        if (act.Kind == ActKind.Propose)
        {
            Proposal made = new($"p-{Proposals.Count}");
            if (!Take(made, [], ProposalRule.Propose(made, Draft(act), ActorOf(1), Rules(), Now), out ProposalEntry[] first)) return false;
            Proposals.Add(made);
            Entries.Add([.. first]);
            _ballots.Add([]);
            _moves.Add(0);
            return true;
        }

        if (act.Number >= Proposals.Count) return false;
        Proposal proposal = Proposals[act.Number];
        bool done = Take(proposal, Entries[act.Number], Decide(proposal, act), out _);
        if (done && act.Kind == ActKind.Vote) _ballots[act.Number].Add((act.Who, act.Choice, Hour));
        if (done && act.Kind == ActKind.Execute) TakeEffect(act.Number);
        return done;
    }

    private ProposalDecision Decide(Proposal proposal, Act act) => act.Kind switch
    {
        ActKind.Vote => ProposalRule.Vote(proposal, ActorOf(act.Who), act.Choice, Math.Max(1, MembersAt(proposal.Start)), Now),
        ActKind.Cancel => ProposalRule.Cancel(proposal, act.Who < 0 ? ProposalScene.Operator : ActorOf(act.Who), "why not", Now),
        ActKind.Queue => ExecutionRule.Queue(proposal, "anybody", Now),
        ActKind.Execute => ExecutionRule.Execute(proposal, "anybody", Rules(), Now),
        _ => throw new ArgumentOutOfRangeException(nameof(act), act, "not of a proposal"),
    };

    private bool Take(Proposal proposal, List<ProposalEntry> entries, ProposalDecision decision, out ProposalEntry[] taken)
    {
        taken = [.. decision.Entries];
        Assert.Equal(decision.Outcome == ProposalOutcome.Accepted, taken.Length > 0);
        foreach (ProposalEntry entry in taken)
        {
            Instant end = proposal.End;
            proposal.Apply(entry);
            entries.Add(entry);
            if (entry is ProposalMade || proposal.End == end) continue;
            Assert.IsType<VoteCast>(entry);
            Assert.Equal(1, ++_moves[Proposals.IndexOf(proposal)]);
            Assert.InRange(proposal.End.UnixMs - end.UnixMs, 1, proposal.Governance.LateQuorumExtensionMs);
        }

        return taken.Length > 0;
    }

    private void TakeEffect(int number)
    {
        Proposal proposal = Proposals[number];
        long start = (proposal.Start.UnixMs - ProposalScene.Begin.UnixMs) / ProposalScene.HourMs;
        long members = MembersAt(proposal.Start);
        int[] votes = [.. new[] { VoteChoice.For, VoteChoice.Against, VoteChoice.Abstain }.Select(choice => _ballots[number].Count(ballot => ballot.Choice == choice))];
        Assert.True(votes[0] > votes[1], "no majority");
        Assert.True((votes[0] + votes[2]) * 1000 >= members * proposal.Governance.QuorumPermille, "no quorum");
        Assert.Equal(_ballots[number].Count, _ballots[number].Select(ballot => ballot.Who).Distinct().Count());
        Assert.All(_ballots[number], ballot => Assert.Contains(_memberships, held => held.Who == ballot.Who && held.From < start && held.Until > ballot.Hour));
        long lastVote = _ballots[number].Max(ballot => ballot.Hour);
        Assert.True(Hour >= Math.Max(lastVote, start + (proposal.Governance.VotingPeriodMs / ProposalScene.HourMs)) + 24, "no timelock");
        switch (proposal.Effect)
        {
            case ClassPolicyEffect effect:
                Assert.True(effect.FromSlice > Policies.Valid.Window.SliceAt(Now), "a slice that has begun");
                Assert.True(History.Add(effect.Version, "UTC", Now));
                Assert.Equal(proposal.Id, History.OriginOf(effect.Policy.Version)!.Proposal);
                break;
            case GovernanceEffect effect:
                _governance = effect.Governance;
                break;
            case SpendingEffect effect:
                _commons -= effect.Spending.MicroCredits;
                break;
            default:
                Assert.Fail("executed without an effect");
                break;
        }
    }

    private void CompareStates()
    {
        for (int i = 0; i < Proposals.Count; i++)
        {
            ProposalState state = Proposals[i].StateAt(Now);
            Assert.True(_slow.Papers[i].Tray == state, $"hour {Hour}: proposal {i} is {state} and should be {_slow.Papers[i].Tray}");
        }

        Assert.Equal((_slow.PolicyVersion, _slow.NumbersVersion, _slow.Commons), (History.Newest.Version, _governance.Version, _commons));
    }

    private ProposalDraft Draft(Act act)
    {
        int old = act.Who == 1 ? 1 : 0;
        ProposedChange change = act.Number switch
        {
            0 => new ClassPolicyChange("homes", History.Newest.Version - old, History.Newest with
            {
                Capacity = History.Newest.Capacity with { UnitsPerSecond = History.Newest.Capacity.UnitsPerSecond + 1 },
            }),
            1 => new GovernanceChange(_governance.Version - old, _governance with
            {
                QuorumPermille = 1100 - _governance.QuorumPermille,
                VotingPeriodMs = (15 * ProposalScene.HourMs) - _governance.VotingPeriodMs,
            }),
            _ => new CommonsSpending("the choir", 30),
        };
        return new("A change", "It is time.", change);
    }

    private CurrentRules Rules() => new() { TimeZone = "UTC", Governance = _governance, Class = History.RulesAt(Now), CommonsMicroCredits = _commons };

    private Actor ActorOf(int who)
    {
        (int _, long from, long until) = _memberships.LastOrDefault(held => held.Who == who, (who, 0, -1));
        return new($"m{who}", until == long.MaxValue ? MemberStatus.Active : until < 0 ? MemberStatus.Unknown : MemberStatus.Exited, Moved(from), IsOperator: false);
    }

    private long MembersAt(Instant at) => _memberships.Count(held => Moved(held.From) <= at && (held.Until == long.MaxValue || Moved(held.Until) > at));

    // Members come and go at half past: never at the very start of a vote, about which two models could differ.
    private static Instant Moved(long hour) => ProposalScene.At(hour).PlusMs(ProposalScene.HourMs / 2);

    private bool Join(int who)
    {
        if (_memberships.Any(held => held.Who == who && held.Until == long.MaxValue)) return false;
        _memberships.Add((who, Hour, long.MaxValue));
        return true;
    }

    private bool Leave(int who)
    {
        int held = _memberships.FindIndex(held => held.Who == who && held.Until == long.MaxValue);
        if (held < 0) return false;
        _memberships[held] = _memberships[held] with { Until = Hour };
        return true;
    }
}
