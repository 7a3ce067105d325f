using CoopGrid.Domain.Governance;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Governance;

/// <summary>Proposals as everybody may see them.</summary>
internal static class ProposalViews
{
    /// <summary>A proposal that exists, at a moment.</summary>
    public static ProposalView Of(ProposalId id, Proposal proposal, Instant now) => new()
    {
        Id = id,
        State = proposal.StateAt(now),
        By = proposal.Made.By,
        Draft = proposal.Made.Draft,
        Difference = proposal.Made.Difference,
        Governance = proposal.Governance,
        MadeAt = proposal.Made.At,
        Start = proposal.Start,
        End = proposal.End,
        Electorate = proposal.Electorate ?? 0,
        Tally = proposal.Tally,
        HasQuorum = proposal.QuorumAt is not null,
        ExecutableFrom = proposal.ExecutableFrom,
        ExpiresAt = proposal.ExpiresAt,
        CancelledAt = proposal.Cancelled?.At,
        CancelledBy = proposal.Cancelled?.By ?? "",
        CancelReason = proposal.Cancelled?.Reason ?? "",
        ExecutedAt = proposal.Executed?.At,
        Version = proposal.Executed?.Version ?? 0,
    };
}
