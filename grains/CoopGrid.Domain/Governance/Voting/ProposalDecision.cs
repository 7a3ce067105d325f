using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>The answer to a call about a proposal, and the entries to record for it, in their order.</summary>
/// <param name="Outcome">The first that applies.</param>
/// <param name="Entries">None unless the outcome is <see cref="ProposalOutcome.Accepted"/>.</param>
/// <param name="Reason">For a person; empty if it was accepted.</param>
public readonly record struct ProposalDecision(ProposalOutcome Outcome, ImmutableArray<ProposalEntry> Entries, string Reason)
{
    internal static ProposalDecision Accept(params ReadOnlySpan<ProposalEntry> entries) => new(ProposalOutcome.Accepted, [.. entries], "");

    internal static ProposalDecision Refuse(ProposalOutcome outcome, string reason) => new(outcome, [], reason);
}
