using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>A proposal's values at one sequence. Neither its state nor its tally: they follow from these and the time.</summary>
public sealed record ProposalSnapshot
{
    public required string Id { get; init; }

    public long Sequence { get; init; }

    public Instant LastAt { get; init; }

    /// <summary>Null while there is no such proposal.</summary>
    public ProposalMade? Made { get; init; }

    /// <summary>The vote's end as far as it is known.</summary>
    public Instant End { get; init; }

    public Instant? QuorumAt { get; init; }

    public long? Electorate { get; init; }

    /// <summary>One per member, in the order they were cast.</summary>
    public ImmutableArray<VoteCast> Votes { get; init; } = [];

    public ProposalCancelled? Cancelled { get; init; }

    public ProposalQueued? Queued { get; init; }

    public ProposalExecuted? Executed { get; init; }
}
