using CoopGrid.Domain.Governance;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// What one slot is sold under, fixed when its book is opened: a policy that changes later changes later slots, never what was bid for.
/// 1. The slot is <c>[Starts, Ends)</c>; bids are taken in <c>[Opens, GateCloses)</c>, and what they leave is sold in <c>[GateCloses, Starts)</c>.
/// 2. What can be sold is ⌊C · ‰ / 1000⌋ units/s: with the lanes' floors, each rounded down as well, never above C.
/// 3. Charge = price · rate · seconds of the slot, exactly: all three are whole, so nothing is rounded.
/// </summary>
public sealed record SlotTerms
{
    /// <summary>The slot's number: slot 0 starts at the Unix epoch.</summary>
    public required long Slot { get; init; }

    /// <summary>The class policy that these terms are of.</summary>
    public required int PolicyVersion { get; init; }

    public required Instant Opens { get; init; }

    public required Instant GateCloses { get; init; }

    public required Instant Starts { get; init; }

    /// <summary>Length of the slot; above 0.</summary>
    public required long Seconds { get; init; }

    /// <summary>What can be sold; 0 = the class has no market.</summary>
    public required long SellableUnitsPerSecond { get; init; }

    /// <summary>The lowest price, in micro-credits per unit.</summary>
    public required long ReservePrice { get; init; }

    /// <summary>The most that one member can hold; never above what can be sold.</summary>
    public required long MemberCapUnitsPerSecond { get; init; }

    public Instant Ends => Starts.PlusMs(Seconds * 1000);

    /// <summary>The terms that a class's policy offers for the slot that starts at a moment; null if none starts then.</summary>
    public static SlotTerms? Of(ClassPolicy policy, Instant starts)
    {
        long slot = policy.Market.SlotAt(starts);
        return policy.Market.StartOf(slot) == starts ? Of(policy.Market, policy.Capacity, policy.Version, slot) : null;
    }

    /// <summary>The terms that a class's policy offers for a slot.</summary>
    public static SlotTerms Of(MarketPolicy market, CapacityPolicy capacity, int policyVersion, long slot)
    {
        long sellable = Integers.MulDivFloor(capacity.UnitsPerSecond, market.SellablePermille, 1000);
        return new()
        {
            Slot = slot,
            PolicyVersion = policyVersion,
            Opens = market.Opens(slot),
            GateCloses = market.GateCloses(slot),
            Starts = market.StartOf(slot),
            Seconds = market.SlotMs / 1000,
            SellableUnitsPerSecond = sellable,
            ReservePrice = market.ReservePrice,
            MemberCapUnitsPerSecond = market.MemberCapUnitsPerSecond == 0 ? sellable : Math.Min(market.MemberCapUnitsPerSecond, sellable),
        };
    }

    /// <summary>What a rate costs for the whole slot, in micro-credits.</summary>
    /// <param name="unitPrice">Micro-credits per unit.</param>
    /// <param name="unitsPerSecond">The rate.</param>
    /// <exception cref="OverflowException">The charge does not fit 64 bits; never under <see cref="PolicyLimits.MaxChargePerSecond"/>.</exception>
    public long Charge(long unitPrice, long unitsPerSecond)
    {
        // Of a valid policy's factors the product is below 10^29.
        return checked((long)((Int128)unitPrice * unitsPerSecond * Seconds));
    }
}
