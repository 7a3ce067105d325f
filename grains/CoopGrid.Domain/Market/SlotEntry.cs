using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// One fact of a slot's book. The book is the fold of its entries in the order of <see cref="Sequence"/>, which has no gaps; a
/// decision makes entries, the store keeps them, and replaying them gives the book again.
/// </summary>
/// <param name="Sequence">1 for the slot's first entry, one more with each.</param>
/// <param name="At">When it was decided; never before the entry ahead of it.</param>
public abstract record SlotEntry(long Sequence, Instant At);

/// <summary>The book is opened under these terms.</summary>
public sealed record SlotOpened(long Sequence, Instant At, SlotTerms Terms) : SlotEntry(Sequence, At);

/// <summary>
/// A bid was made, replaced or withdrawn, a member's bids were cancelled, or unsold capacity was bought: what the request's kind says. A bid's
/// number is the sequence of its entry.
/// </summary>
public sealed record RequestAccepted(long Sequence, Instant At, MarketRequest Request) : SlotEntry(Sequence, At);

/// <summary>The gate closed and the bids were cleared. The result is kept, so that a replay does not depend on how it was found.</summary>
/// <param name="UnitPrice">The clearing price, in micro-credits per unit.</param>
/// <param name="Awards">What became of each bid.</param>
public sealed record SlotCleared(long Sequence, Instant At, long UnitPrice, ImmutableArray<Award> Awards) : SlotEntry(Sequence, At);

/// <summary>
/// A member left the co-op: its bids fall, and so does what it holds. Before the start that is for sale again and costs it nothing; once
/// the slot has started it is lent out, and charged.
/// </summary>
public sealed record MemberRevoked(long Sequence, Instant At, string Member) : SlotEntry(Sequence, At);

/// <summary>The slot began: what is held is guaranteed from now on, and charged.</summary>
public sealed record SlotStarted(long Sequence, Instant At) : SlotEntry(Sequence, At);

/// <summary>The slot is over: nothing is guaranteed any more.</summary>
public sealed record SlotEnded(long Sequence, Instant At) : SlotEntry(Sequence, At);
