using System.Collections.Immutable;
using CoopGrid.Domain.Governance;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// Which market policies are valid. Ranges are such that no later arithmetic can overflow:
/// <list type="number">
/// <item>one member's reservations of one slot cost at most <see cref="MaxChargePerSecond"/> a second (the book refuses more), so those of the
/// longest epoch, 366 days, add up to at most <see cref="PolicyLimits.MaxBill"/>, and with the rest of a bill they fit 64 bits;</item>
/// <item>the guarantees of lanes and the share that can be sold add up to at most C (SPEC.md §5), so neither can break the other;</item>
/// <item>one member may buy a whole slot at the reserve price, if its cap allows it.</item>
/// </list>
/// </summary>
public static class MarketRules
{
    /// <summary>Most micro-credits that one member's reservations may cost in a second.</summary>
    public const long MaxChargePerSecond = PolicyLimits.MaxBill / (PolicyLimits.MaxSpanMs / 1000);

    public static readonly LimitRange SlotMs = new(1000, 86_400_000);
    public static readonly LimitRange GateClosureMs = new(0, 7 * 86_400_000L);
    public static readonly LimitRange AheadMs = new(1000, PolicyLimits.MaxSpanMs);
    public static readonly LimitRange SellablePermille = new(0, 999);

    /// <summary>Micro-credits per unit: up to a million credits. Bids have the same range.</summary>
    public static readonly LimitRange UnitPrice = new(0, 1_000_000_000_000);

    /// <summary>Also the range of what a bid or a purchase asks for, without 0.</summary>
    public static readonly LimitRange UnitsPerSecond = new(0, 1_000_000_000_000);

    public static readonly LimitRange OveragePermille = new(1000, 1_000_000);

    /// <summary>What is wrong with a class's market, by field; empty if nothing is.</summary>
    public static IReadOnlyList<PolicyError> Check(MarketPolicy market, CapacityPolicy capacity, ImmutableArray<LanePolicy> lanes)
    {
        var errors = new ErrorList();
        errors.Judge(market.SlotMs, SlotMs, "slotMs");
        errors.Judge(market.SlotMs % 1000 == 0, "slotMs", $"must be a whole number of seconds; was {market.SlotMs:N0}");
        errors.Judge(market.GateClosureMs, GateClosureMs, "gateClosureMs");
        errors.Judge(market.AheadMs, AheadMs, "aheadMs");
        errors.Judge(market.SellablePermille, SellablePermille, "sellablePermille");
        errors.Judge(market.ReservePrice, UnitPrice, "reservePrice");
        errors.Judge(market.MemberCapUnitsPerSecond, UnitsPerSecond, "memberCapUnitsPerSecond");
        errors.Judge(market.OveragePermille, OveragePermille, "overagePermille");
        if (errors.AreClean("gateClosureMs", "aheadMs"))
        {
            errors.Judge(
                market.GateClosureMs < market.AheadMs,
                "gateClosureMs",
                $"must be less than aheadMs ({market.AheadMs:N0}), or no slot could ever be bid for; was {market.GateClosureMs:N0}");
        }

        if (errors.AreClean("sellablePermille", "reservePrice")) CheckShare(market, capacity, lanes, errors);
        return errors.Errors;
    }

    private static void CheckShare(MarketPolicy market, CapacityPolicy capacity, ImmutableArray<LanePolicy> lanes, ErrorList errors)
    {
        if (market.SellablePermille == 0) return;
        long guaranteed = lanes.Sum(lane => (long)lane.GuaranteedPermille);
        errors.Judge(
            guaranteed + market.SellablePermille <= 1000,
            "sellablePermille",
            $"must add up to at most 1,000 with the lanes' guaranteedPermille ({guaranteed:N0}); was {market.SellablePermille:N0}");
        long sellable = Integers.MulDivFloor(capacity.UnitsPerSecond, market.SellablePermille, 1000);
        errors.Judge(sellable > 0, "sellablePermille", $"must leave at least 1 unit/s to sell of capacity.unitsPerSecond ({capacity.UnitsPerSecond:N0})");
        errors.Judge(
            (Int128)market.ReservePrice * sellable <= MaxChargePerSecond,
            "reservePrice",
            $"times the {sellable:N0} units/s that can be sold must be at most {MaxChargePerSecond:N0} micro-credits a second; was {market.ReservePrice:N0}");
    }
}
