using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>One member's part of a slot's book.</summary>
internal sealed class SlotMember
{
    /// <summary>The bids that stand, by number. Empty once the slot is cleared.</summary>
    public SortedDictionary<long, Bid> Bids { get; } = [];

    /// <summary>What is reserved, in units/s.</summary>
    public long HeldUnitsPerSecond { get; set; }

    /// <summary>What it pays for, in units/s: what it held when the slot started; 0 before.</summary>
    public long ChargedUnitsPerSecond { get; set; }

    /// <summary>What was accepted, by key, for as long as the book is kept.</summary>
    public SortedDictionary<string, RememberedRequest> Requests { get; } = new(StringComparer.Ordinal);

    /// <summary>The most that its bids could cost in a second, in micro-credits: each at its own price, without what is over the cap anyway.</summary>
    public Int128 BidPerSecond(long cap)
    {
        Int128 sum = 0;
        foreach (Bid bid in Bids.Values) sum += PerSecond(bid.UnitPrice, bid.UnitsPerSecond, cap);
        return sum;
    }

    public static Int128 PerSecond(long unitPrice, long unitsPerSecond, long cap) => (Int128)unitPrice * Math.Min(unitsPerSecond, cap);
}

/// <summary>What a key is remembered by: the request, to tell another use of the key, and the figures of its answer.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Bid">The bid that was made or withdrawn; else 0.</param>
/// <param name="HeldUnitsPerSecond">What the member held after a purchase; else 0.</param>
/// <param name="UnitPrice">What it was bought at; else 0.</param>
/// <param name="Charge">What the purchase costs; else 0.</param>
public readonly record struct RememberedRequest(MarketRequest Request, long Bid, long HeldUnitsPerSecond, long UnitPrice, long Charge)
{
    /// <summary>What the member was told, and is told again when it asks with the same key.</summary>
    public MarketAnswer Answer(bool replayed) => new()
    {
        Outcome = MarketOutcome.Accepted,
        Replayed = replayed,
        Bid = Bid,
        HeldUnitsPerSecond = HeldUnitsPerSecond,
        UnitPrice = UnitPrice,
        Charge = Charge,
    };
}
