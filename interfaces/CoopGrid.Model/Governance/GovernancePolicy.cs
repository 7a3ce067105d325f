namespace CoopGrid.Model;

/// <summary>
/// How a co-op's members decide (SPEC.md §11): the charter's numbers. A valid one satisfies <c>GovernanceRules</c>; the rules assume it. A
/// proposal runs by the numbers that were in force when it was made. <c>default</c> members are those of a charter that says nothing.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.GovernancePolicy")]
public sealed record GovernancePolicy
{
    private const long DayMs = 86_400_000;

    /// <summary>1 for the founding charter, one more with each change.</summary>
    [Id(0)] public int Version { get; init; } = 1;

    /// <summary>From a proposal to the start of its vote, in ms: time to read it.</summary>
    [Id(1)] public long VotingDelayMs { get; init; } = DayMs;

    /// <summary>How long a vote runs, in ms, if its end is not moved.</summary>
    [Id(2)] public long VotingPeriodMs { get; init; } = 7 * DayMs;

    /// <summary>Share of the electorate that must vote for or abstain, in per-mille, at least 1.</summary>
    [Id(3)] public int QuorumPermille { get; init; } = 200;

    /// <summary>How long a vote still runs at least after its quorum was reached, in ms; 0 moves no end.</summary>
    [Id(4)] public long LateQuorumExtensionMs { get; init; } = DayMs;

    /// <summary>From queueing, which is after success, to the first moment of execution, in ms; at least 24 hours.</summary>
    [Id(5)] public long TimelockMs { get; init; } = 2 * DayMs;

    /// <summary>How long a proposal may be queued after its success, and executed after its timelock, in ms; then it expires.</summary>
    [Id(6)] public long ExecutionPeriodMs { get; init; } = 14 * DayMs;

    /// <summary>The longest that operators alone may hold an emergency action, in ms.</summary>
    [Id(7)] public long EmergencyLongestMs { get; init; } = 7 * DayMs;

    /// <summary>Who may make a proposal.</summary>
    [Id(8)] public ProposeRight Propose { get; init; }

    /// <summary>Who may cancel one that is not yet executed.</summary>
    [Id(9)] public CancelRight Cancel { get; init; }
}

/// <summary>Who may make a proposal; whoever it is, members decide.</summary>
public enum ProposeRight : byte
{
    /// <summary>Every member.</summary>
    Members = 0,

    /// <summary>Every member and every operator.</summary>
    MembersAndOperators = 1,

    /// <summary>Operators only.</summary>
    Operators = 2,
}

/// <summary>Who may cancel a proposal. Cancelling can only keep things as they are.</summary>
public enum CancelRight : byte
{
    /// <summary>Whoever made it.</summary>
    Proposer = 0,

    /// <summary>Whoever made it, and every operator: a veto.</summary>
    ProposerAndOperators = 1,
}
