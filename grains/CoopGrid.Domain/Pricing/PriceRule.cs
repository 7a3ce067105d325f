using CoopGrid.Model;

namespace CoopGrid.Domain.Pricing;

/// <summary>
/// How a class's price moves from one control period to the next (SPEC.md §6).
/// <list type="number">
/// <item><c>T = C · target‰ · length</c>, floored, at least 1; <c>K = max(10, T·d·14427/10000)</c>.</item>
/// <item>If K differs from the period's before: <c>x ← clamp(x·K'/K, 0, x_max)</c>.</item>
/// <item><c>x ← clamp(x + min(D, 2T) − T, 0, x_max)</c>; x_max is the least x at which the surge reaches the cap, so nothing winds up.</item>
/// <item><c>surge = min(cap, E(1000, x, K))</c>; <c>multiplier = min(cap, tou · surge / 1000)</c>, where tou is the time-of-use value at the
/// start of the next period, which is the one this end value prices.</item>
/// <item>A missed period had D = 0. Consecutive periods with D = 0 and x = 0 that differ only in their number make one row.</item>
/// </list>
/// A control period is <c>ControlPeriodMs</c> long in an admitted class; in a metered class it is the slice. Periods are counted from the
/// Unix epoch.
/// </summary>
public static class PriceRule
{
    /// <summary>Length of the class's control period in ms.</summary>
    public static long PeriodMs(ClassPolicy policy) =>
        policy.Entry == UsageEntry.Metered ? policy.Window.SliceMs : policy.Price.ControlPeriodMs;

    /// <summary>The period that holds <paramref name="at"/>.</summary>
    public static long PeriodAt(ClassPolicy policy, Instant at) => Integers.FloorDiv(at.UnixMicroseconds, PeriodMs(policy) * 1000);

    /// <summary>The first instant of a period.</summary>
    public static Instant PeriodStart(ClassPolicy policy, long period) => Instant.FromUnixMs(period * PeriodMs(policy));

    /// <summary>Closes one control period.</summary>
    /// <param name="previous">The row before, whose x and K are carried on; null for a class's first period.</param>
    /// <param name="policy">The policy in force in the period; valid.</param>
    /// <param name="period">The period's number.</param>
    /// <param name="demand">D: units demanded in it, ≥ 0.</param>
    /// <param name="nextTouPermille">The time-of-use value at the start of the next period, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative demand, or a time-of-use value that is not above 0.</exception>
    /// <exception cref="OverflowException">The policy's T, K or x_max does not fit 64 bits.</exception>
    public static PricePeriod Close(PricePeriod? previous, ClassPolicy policy, long period, long demand, int nextTouPermille)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(demand);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(nextTouPermille);
        int cap = policy.Price.CapPermille;
        long target = Target(policy);
        long k = Surge.DenominatorK(target, policy.Price.DoublingPeriods);

        Int128 x = 0;
        if (previous is { } last) x = last.K == k ? last.X : Surge.Clamp((Int128)last.X * k / last.K, cap, k).X;
        Int128 counted = Int128.Min(demand, (Int128)target * 2);
        (long end, int surge) = Surge.Clamp(x + counted - target, cap, k);

        int multiplier = (int)Math.Min(cap, (long)nextTouPermille * surge / 1000);
        return new(period, 1, demand, target, k, end, cap, nextTouPermille, surge, multiplier);
    }

    /// <summary>
    /// Closes the periods from <paramref name="from"/> up to, and without, <paramref name="until"/>, in which nobody was there to count: D = 0.
    /// One row for each period while x falls to 0, then one for each run of alike periods: after any absence at most
    /// <c>x_max/T</c> rows and one for each change of the time-of-use value. Rows come as they are asked for.
    /// </summary>
    /// <inheritdoc cref="Close"/>
    public static IEnumerable<PricePeriod> CloseMissed(
        PricePeriod? previous, ClassPolicy policy, long from, long until, TimeOfUse timeOfUse)
    {
        PricePeriod? run = null;
        while (from < until)
        {
            Instant next = PeriodStart(policy, from + 1);
            PricePeriod row = Close(previous, policy, from, 0, timeOfUse.PermilleAt(next));
            if (row.X == 0) row = row with { Count = Math.Min(until, AlikeUntil(policy, next, timeOfUse)) - from };
            previous = row;
            from += row.Count;
            if (run is { } last && Extends(last, row))
            {
                run = last with { Count = last.Count + row.Count };
                continue;
            }

            if (run is { } ended) yield return ended;
            run = row;
        }

        if (run is { } rest) yield return rest;
    }

    /// <summary>
    /// Whether <paramref name="next"/> follows <paramref name="last"/> directly and both had no demand, ended with x = 0 and are alike in all
    /// but their number: then one row with both counts added says the same.
    /// </summary>
    public static bool Extends(PricePeriod last, PricePeriod next) =>
        last.Demand == 0 && last.X == 0
        && next.Period == last.Period + last.Count
        && next with { Period = last.Period, Count = last.Count } == last;

    /// <summary>The first period that the time-of-use value prices otherwise than the one whose successor starts at <paramref name="next"/>.</summary>
    private static long AlikeUntil(ClassPolicy policy, Instant next, TimeOfUse timeOfUse)
    {
        Instant change = timeOfUse.NextChange(next);
        if (change == TimeOfUse.Never) return long.MaxValue;

        // All periods whose successor starts before the change are priced alike.
        return PeriodAt(policy, new(change.UnixMicroseconds - 1));
    }

    private static long Target(ClassPolicy policy)
    {
        Int128 units = (Int128)policy.Capacity.UnitsPerSecond * policy.Price.TargetPermille * PeriodMs(policy) / 1_000_000;
        return Math.Max(1, (long)units);
    }
}
