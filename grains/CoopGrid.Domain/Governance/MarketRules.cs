using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// The capacity market's numbers (SPEC.md §5 and §7):
/// <list type="number">
/// <item>the guarantees of lanes and the share that can be sold add up to at most C, so neither can break the other;</item>
/// <item>one member may buy a whole slot at the reserve price, if its cap allows it, within <see cref="PolicyLimits.MaxChargePerSecond"/>;</item>
/// <item>only a class that is asked for admission sells reservations: nothing else could honour them.</item>
/// </list>
/// </summary>
internal static class MarketRules
{
    public static void Check(ClassPolicy policy, ErrorList errors)
    {
        MarketPolicy market = policy.Market;
        errors.Judge(market.SlotMs, PolicyLimits.SlotMs, "market.slotMs");
        errors.Judge(market.SlotMs % 1000 == 0, "market.slotMs", $"must be a whole number of seconds; was {market.SlotMs:N0}");
        errors.Judge(market.GateClosureMs, PolicyLimits.GateClosureMs, "market.gateClosureMs");
        errors.Judge(market.AheadMs, PolicyLimits.AheadMs, "market.aheadMs");
        errors.Judge(market.SellablePermille, PolicyLimits.SellablePermille, "market.sellablePermille");
        errors.Judge(market.ReservePrice, PolicyLimits.UnitPrice, "market.reservePrice");
        errors.Judge(market.MemberCapUnitsPerSecond, PolicyLimits.ReservedUnitsPerSecond, "market.memberCapUnitsPerSecond");
        errors.Judge(market.OveragePermille, PolicyLimits.OveragePermille, "market.overagePermille");
        if (errors.AreClean("market.gateClosureMs", "market.aheadMs"))
        {
            errors.Judge(
                market.GateClosureMs < market.AheadMs,
                "market.gateClosureMs",
                $"must be less than market.aheadMs ({market.AheadMs:N0}), or no slot could ever be bid for; was {market.GateClosureMs:N0}");
        }

        if (market.SellablePermille == 0) return;
        errors.Judge(
            policy.Entry == UsageEntry.Admitted,
            "market.sellablePermille",
            $"must be 0 in a metered class, where there is no admission to be guaranteed; was {market.SellablePermille:N0}");
        if (errors.AreClean("market.sellablePermille", "market.reservePrice", "capacity.unitsPerSecond", "lanes")) CheckShare(policy, errors);
    }

    private static void CheckShare(ClassPolicy policy, ErrorList errors)
    {
        MarketPolicy market = policy.Market;
        long guaranteed = policy.Lanes.Sum(lane => (long)lane.GuaranteedPermille);
        errors.Judge(
            guaranteed + market.SellablePermille <= 1000,
            "market.sellablePermille",
            $"must add up to at most 1,000 with the lanes' guaranteedPermille ({guaranteed:N0}); was {market.SellablePermille:N0}");
        long sellable = Integers.MulDivFloor(policy.Capacity.UnitsPerSecond, market.SellablePermille, 1000);
        errors.Judge(
            sellable > 0,
            "market.sellablePermille",
            $"must leave at least 1 unit/s to sell of capacity.unitsPerSecond ({policy.Capacity.UnitsPerSecond:N0}); was {market.SellablePermille:N0}");
        errors.Judge(
            (Int128)market.ReservePrice * sellable <= PolicyLimits.MaxChargePerSecond,
            "market.reservePrice",
            $"times the {sellable:N0} units/s for sale must be at most {PolicyLimits.MaxChargePerSecond:N0} micro-credits a second; was {market.ReservePrice:N0}");
    }
}
