namespace CoopGrid.Model;

/// <summary>What a member asks of one slot of the market (SPEC.md §7). Two requests are the same if all their fields are.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.MarketRequest")]
public sealed record MarketRequest
{
    /// <summary>Who asks; 1 to 128 bytes.</summary>
    [Id(0)] public required string Member { get; init; }

    /// <summary>Names the request among the member's of this slot, so that a retry counts once; 1 to 128 bytes.</summary>
    [Id(1)] public required string Key { get; init; }

    [Id(2)] public MarketRequestKind Kind { get; init; }

    /// <summary>The number of the bid to be replaced or withdrawn; else 0.</summary>
    [Id(3)] public long Bid { get; init; }

    /// <summary>Units/s to bid for or to buy, above 0; else 0.</summary>
    [Id(4)] public long UnitsPerSecond { get; init; }

    /// <summary>The bid's highest price, in micro-credits per unit; else 0.</summary>
    [Id(5)] public long UnitPrice { get; init; }
}

/// <summary>What is asked. Numbers are stored and sent: never renumber.</summary>
public enum MarketRequestKind : byte
{
    None = 0,

    /// <summary>A new bid, until the slot's gate closes.</summary>
    Bid = 1,

    /// <summary>Another bid for one of the member's: it stands in line anew, as of now.</summary>
    Replace = 2,

    /// <summary>One bid less.</summary>
    Withdraw = 3,

    /// <summary>None of the member's bids for this slot stand any longer.</summary>
    Cancel = 4,

    /// <summary>Unsold capacity at the clearing price, until the slot starts.</summary>
    Buy = 5,
}

/// <summary>
/// What became of a request to the market, in order of precedence: the answer is the first that applies. Numbers are stored and sent: never
/// renumber. The remembered answer of a known key stands between <see cref="Invalid"/> and <see cref="KeyConflict"/>.
/// </summary>
public enum MarketOutcome : byte
{
    /// <summary>Not decided; never an answer.</summary>
    None = 0,

    /// <summary>Malformed whatever the slot.</summary>
    Invalid = 1,

    /// <summary>The key was used before for something else in this slot. Nothing changed.</summary>
    KeyConflict = 2,

    /// <summary>No such member.</summary>
    MemberUnknown = 3,

    /// <summary>The member is suspended.</summary>
    MemberSuspended = 4,

    /// <summary>The member has left the co-op.</summary>
    MemberExited = 5,

    /// <summary>The class sells no capacity in this slot.</summary>
    NoMarket = 6,

    /// <summary>The slot is too far ahead.</summary>
    SlotNotOpen = 7,

    /// <summary>The slot's gate is closed: no bid can be made, changed or cancelled.</summary>
    GateClosed = 8,

    /// <summary>Bidding is not over: nothing is sold at the clearing price yet.</summary>
    NotOnSale = 9,

    /// <summary>The slot has started: nothing of it is sold any more.</summary>
    SlotStarted = 10,

    /// <summary>No such bid of this member: never made, replaced or withdrawn.</summary>
    BidUnknown = 11,

    /// <summary>The bid is below the reserve price and could never win.</summary>
    PriceBelowReserve = 12,

    /// <summary>Too many bids or requests, or more money than one member's reservations may cost.</summary>
    LimitReached = 13,

    /// <summary>The member would hold more than one member may.</summary>
    CapExceeded = 14,

    /// <summary>Less is left than was asked for.</summary>
    SoldOut = 15,

    /// <summary>Done, once.</summary>
    Accepted = 16,

    /// <summary>No decision is known; ask again with the same key.</summary>
    Unavailable = 17,

    /// <summary>No such co-op.</summary>
    CoopUnknown = 18,
}

/// <summary>The answer of the market. Fields that an outcome does not use are 0 or empty.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.MarketAnswer")]
public sealed record MarketAnswer
{
    [Id(0)] public MarketOutcome Outcome { get; init; }

    /// <summary>Whether the key was known: nothing changed now.</summary>
    [Id(1)] public bool Replayed { get; init; }

    /// <summary>The number of the bid that was made, or that was withdrawn.</summary>
    [Id(2)] public long Bid { get; init; }

    /// <summary>What the member holds of the slot after a purchase, in units/s.</summary>
    [Id(3)] public long HeldUnitsPerSecond { get; init; }

    /// <summary>The clearing price at which it was bought, in micro-credits per unit.</summary>
    [Id(4)] public long UnitPrice { get; init; }

    /// <summary>What this purchase costs, in micro-credits.</summary>
    [Id(5)] public long Charge { get; init; }

    /// <summary>The most that the member could buy now, in units/s, where it asked for too much.</summary>
    [Id(6)] public long MostUnitsPerSecond { get; init; }

    /// <summary>When to try again, in ms from now; 0 = not known, or never.</summary>
    [Id(7)] public long RetryAfterMs { get; init; }

    /// <summary>For refusals: what was wrong and what to do.</summary>
    [Id(8)] public string Reason { get; init; } = "";
}
