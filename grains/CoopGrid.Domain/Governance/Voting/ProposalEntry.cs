using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// One fact of a proposal. A proposal is the fold of its entries in the order of <see cref="Sequence"/>, which has no gaps; a decision makes
/// them, a store keeps them, and replaying them gives the proposal again. Its state is in none of them: that follows from the time.
/// </summary>
/// <param name="Sequence">1 for the proposal's first entry, one more with each.</param>
/// <param name="At">When it was decided; never before the entry before it.</param>
public abstract record ProposalEntry(long Sequence, Instant At);

/// <summary>It was proposed, and checked.</summary>
/// <param name="By">Who proposed it.</param>
/// <param name="Draft">As it was handed in.</param>
/// <param name="Difference">What it changes, as voters see it; empty for a spending.</param>
/// <param name="Governance">The numbers that it runs by, to its end.</param>
public sealed record ProposalMade(
    long Sequence,
    Instant At,
    string By,
    ProposalDraft Draft,
    ImmutableArray<FieldChange> Difference,
    GovernancePolicy Governance) : ProposalEntry(Sequence, At);

/// <summary>The electorate's snapshot.</summary>
/// <param name="Members">Members at the vote's start, ≥ 1: those enrolled at or before it who had not left.</param>
public sealed record ElectorateCounted(long Sequence, Instant At, long Members) : ProposalEntry(Sequence, At);

/// <summary>A member's one vote.</summary>
public sealed record VoteCast(long Sequence, Instant At, string Member, VoteChoice Choice) : ProposalEntry(Sequence, At);

/// <summary>It was cancelled.</summary>
/// <param name="By">Who cancelled it.</param>
/// <param name="Reason">For those who had voted.</param>
public sealed record ProposalCancelled(long Sequence, Instant At, string By, string Reason) : ProposalEntry(Sequence, At);

/// <summary>It was queued after its success: the timelock runs from here.</summary>
public sealed record ProposalQueued(long Sequence, Instant At, string By) : ProposalEntry(Sequence, At);

/// <summary>It was checked again and executed.</summary>
/// <param name="By">Who executed it.</param>
/// <param name="Version">The version that the new policy has; 0 for a spending.</param>
/// <param name="FromSlice">The first slice that a class's new policy holds in; 0 for all else.</param>
public sealed record ProposalExecuted(long Sequence, Instant At, string By, int Version, long FromSlice) : ProposalEntry(Sequence, At);
