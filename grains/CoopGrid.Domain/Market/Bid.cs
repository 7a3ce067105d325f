using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>A sealed bid: nobody but its member sees it before the slot is cleared. A member may have several.</summary>
/// <param name="Number">Breaks ties and names the bid: the sequence of its entry in the slot's book, so unique and later for later bids.</param>
/// <param name="Member">Whose bid it is.</param>
/// <param name="UnitsPerSecond">What is bid for; above 0. Any part of it may be won.</param>
/// <param name="UnitPrice">The highest price, in micro-credits per unit.</param>
/// <param name="At">When it was made, or made anew.</param>
public readonly record struct Bid(long Number, string Member, long UnitsPerSecond, long UnitPrice, Instant At);
