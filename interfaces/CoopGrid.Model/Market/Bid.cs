namespace CoopGrid.Model;

/// <summary>A sealed bid: nobody but its member sees it before the slot is cleared. A member may have several.</summary>
/// <param name="Number">Breaks ties and names the bid: the sequence of its entry in the slot's book, so unique and later for later bids.</param>
/// <param name="Member">Whose bid it is.</param>
/// <param name="UnitsPerSecond">What is bid for; above 0. Any part of it may be won.</param>
/// <param name="UnitPrice">The highest price, in micro-credits per unit.</param>
/// <param name="At">When it was made, or made anew.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.Bid")]
public readonly record struct Bid(
    [property: Id(0)] long Number,
    [property: Id(1)] string Member,
    [property: Id(2)] long UnitsPerSecond,
    [property: Id(3)] long UnitPrice,
    [property: Id(4)] Instant At);

/// <summary>What became of one bid. Its parts add up to the bid's units.</summary>
/// <param name="Number">The bid's number.</param>
/// <param name="Member">Whose bid it is.</param>
/// <param name="WonUnitsPerSecond">What it wins.</param>
/// <param name="RejectedUnitsPerSecond">What lost to higher or earlier bids.</param>
/// <param name="OverCapUnitsPerSecond">What was taken away before, because its member's better bids reach the cap.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.Award")]
public readonly record struct Award(
    [property: Id(0)] long Number,
    [property: Id(1)] string Member,
    [property: Id(2)] long WonUnitsPerSecond,
    [property: Id(3)] long RejectedUnitsPerSecond,
    [property: Id(4)] long OverCapUnitsPerSecond)
{
    /// <summary>All of a bid below the reserve price; the book does not take such bids.</summary>
    [Id(5)] public long BelowReserveUnitsPerSecond { get; init; }
}
