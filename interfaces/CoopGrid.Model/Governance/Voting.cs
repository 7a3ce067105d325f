namespace CoopGrid.Model;

/// <summary>What a member says to a proposal. Numbers are stored: never renumber.</summary>
public enum VoteChoice : byte
{
    /// <summary>Nothing said; never a vote.</summary>
    None = 0,
    For = 1,
    Against = 2,

    /// <summary>Counts for the quorum, and for neither side.</summary>
    Abstain = 3,
}

/// <summary>Where a proposal stands (SPEC.md §11); it follows from what happened and the time, and is stored nowhere.</summary>
public enum ProposalState : byte
{
    /// <summary>No such proposal.</summary>
    None = 0,

    /// <summary>Published; its vote has not started.</summary>
    Pending = 1,

    /// <summary>The vote runs.</summary>
    Active = 2,

    /// <summary>The vote is over, without a majority or without the quorum.</summary>
    Defeated = 3,

    /// <summary>The vote is over and won; it waits to be queued.</summary>
    Succeeded = 4,

    /// <summary>In its timelock, or past it and waiting to be executed.</summary>
    Queued = 5,
    Executed = 6,

    /// <summary>Won, and then nobody queued or executed it in time.</summary>
    Expired = 7,
    Cancelled = 8,
}

/// <summary>
/// What became of a call about a proposal, in order of precedence: the answer is the first that applies. A refusal changes nothing. Numbers are
/// sent: never renumber.
/// </summary>
public enum ProposalOutcome : byte
{
    /// <summary>Not decided; never an answer.</summary>
    None = 0,

    /// <summary>Malformed whatever the state: no title, no reason, no choice, a change of nothing.</summary>
    Invalid = 1,

    /// <summary>No such proposal.</summary>
    ProposalUnknown = 2,

    /// <summary>The charter does not let the caller propose, or cancel this.</summary>
    NotAllowed = 3,

    /// <summary>The voter is no member, or has left.</summary>
    NotMember = 4,

    /// <summary>The voter was enrolled after the vote's start.</summary>
    EnrolledTooLate = 5,

    /// <summary>The member's vote is cast and stays as it is.</summary>
    AlreadyVoted = 6,

    /// <summary>Done before, by the same kind of call: a repeat is harmless.</summary>
    Unchanged = 7,

    /// <summary>The proposal was cancelled.</summary>
    Cancelled = 8,

    /// <summary>The vote has not started.</summary>
    NotStarted = 9,

    /// <summary>The vote is over.</summary>
    Ended = 10,

    /// <summary>The vote runs, or is still to come: nothing can be queued or executed.</summary>
    NotDecided = 11,

    /// <summary>The vote was lost.</summary>
    Defeated = 12,

    /// <summary>It was not queued or not executed in time, or is executed and cannot be cancelled.</summary>
    TooLate = 13,

    /// <summary>It must be queued first.</summary>
    NotQueued = 14,

    /// <summary>The timelock still runs.</summary>
    Timelocked = 15,

    /// <summary>What is to be changed is not there, or has changed since.</summary>
    Stale = 16,

    /// <summary>The new policy is not valid.</summary>
    PolicyInvalid = 17,

    /// <summary>A field that cannot change.</summary>
    NotChangeable = 18,

    /// <summary>The commons account holds less.</summary>
    NotAffordable = 19,
    Accepted = 20,
}

/// <summary>The votes of one proposal, counted. <c>default</c> is no vote.</summary>
/// <param name="For">Votes for it.</param>
/// <param name="Against">Votes against it.</param>
/// <param name="Abstain">Votes for neither side.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.VoteTally")]
public readonly record struct VoteTally([property: Id(0)] long For, [property: Id(1)] long Against, [property: Id(2)] long Abstain)
{
    public long Votes => For + Against + Abstain;

    /// <summary>The tally with one vote more.</summary>
    public VoteTally With(VoteChoice choice) => choice switch
    {
        VoteChoice.For => this with { For = For + 1 },
        VoteChoice.Against => this with { Against = Against + 1 },
        VoteChoice.Abstain => this with { Abstain = Abstain + 1 },
        _ => throw new ArgumentOutOfRangeException(nameof(choice), choice, "no vote"),
    };
}

/// <summary>
/// Who made a version of a policy what it is: the founding charter, or the members by a vote. A bill cites the version, and this is the vote behind it.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.PolicyOrigin")]
public sealed record PolicyOrigin
{
    /// <summary>The version that this is the origin of, ≥ 1; 1 is the founding charter's.</summary>
    [Id(0)] public required int Version { get; init; }

    /// <summary>The proposal's id; empty for the founding charter.</summary>
    [Id(1)] public string Proposal { get; init; } = "";

    /// <summary>How the vote ended; no votes for the founding charter.</summary>
    [Id(2)] public VoteTally Tally { get; init; }

    /// <summary>Members at the vote's start; 0 for the founding charter.</summary>
    [Id(3)] public long Electorate { get; init; }

    /// <summary>When the vote ended; the founding for the founding charter.</summary>
    [Id(4)] public Instant DecidedAt { get; init; }

    /// <summary>When it was executed, at least the timelock later; the founding for the founding charter.</summary>
    [Id(5)] public Instant ExecutedAt { get; init; }

    public bool IsFounding => Proposal.Length == 0;

    /// <summary>As on a bill: "version 3, by proposal p-7: 12 for, 3 against, 1 abstained, of 40 members".</summary>
    public override string ToString() => IsFounding
        ? $"version {Version}, by the founding charter"
        : $"version {Version}, by proposal {Proposal}: {Tally.For} for, {Tally.Against} against, {Tally.Abstain} abstained, of {Electorate} members";
}
