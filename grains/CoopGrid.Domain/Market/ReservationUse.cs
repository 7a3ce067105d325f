using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// What of one reservation is used, and what may be lent (SPEC.md §7). Two buckets, one below the other: the holder's fills at the reserved
/// rate r and holds the burst b, near the end only what the slot still brings; what it
/// cannot hold spills into the lent one, which holds b as well; what that cannot hold is lost. <c>default</c>, and any state from before the slot, is the
/// state at its start: the holder's full, the lent one empty.
/// <list type="number">
/// <item>The guarantee: lending takes only from what has spilled, so what the holder can use is the same whatever is lent. A rate of up to r, and b at
/// once after a pause, is covered whole, to the end of the slot.</item>
/// <item>Used and lent together by the time t after the start are at most <c>min(b + r·t, r·s)</c>: in a slot of s seconds never more than was sold;
/// and over any interval of length T at most <c>r·T + 2·b</c>.</item>
/// <item>Nothing is kept idle: what the holder has not used by its moment (at most b/r seconds, never more than one, after it could) may be lent for b/r
/// seconds. If it is always borrowed, used and lent are <c>r·t</c> less at most what is not yet a whole unit.</item>
/// <item>More cannot be lent: until it spills, a unit is one that the holder may still ask for.</item>
/// <item>Time never goes back, and flowing to a moment in two steps is flowing to it in one.</item>
/// <item>Before the slot, after it, and without a reservation there is nothing to use or lend.</item>
/// </list>
/// </summary>
/// <param name="SpentMicroUnits">What is missing in the holder's bucket at <paramref name="At"/>; 0 to b, in units × 10⁻⁶.</param>
/// <param name="LendableMicroUnits">What is in the lent bucket; 0 to b, in units × 10⁻⁶.</param>
/// <param name="At">When that was so.</param>
public readonly record struct ReservationUse(long SpentMicroUnits, long LendableMicroUnits, Instant At)
{
    /// <summary>The buckets at a moment.</summary>
    public ReservationUse FlowTo(Instant now, ReservedRate rate)
    {
        if (now <= At) return this;

        // What was used before this slot's start was used of another one.
        (long spent, long lendable) = At < rate.Starts ? (0, 0) : (SpentMicroUnits, LendableMicroUnits);
        Int128 passed = rate.Passed(At, now);
        Int128 spilled = Int128.Max(0, passed - spent);
        Int128 most = (Int128)rate.BurstUnits * ReservedRate.MicroUnits;
        return new((long)Int128.Max(0, spent - passed), (long)Int128.Min(lendable + spilled, most), now);
    }

    /// <summary>The whole units that the holder can use now, after <see cref="FlowTo"/>.</summary>
    public long UsableUnits(ReservedRate rate) => rate.IsRunning(At) ? (rate.MostAt(At) - SpentMicroUnits) / ReservedRate.MicroUnits : 0;

    /// <summary>The whole units that can be lent now, after <see cref="FlowTo"/>.</summary>
    public long LendableUnits(ReservedRate rate) => rate.IsRunning(At) ? LendableMicroUnits / ReservedRate.MicroUnits : 0;

    /// <summary>The holder uses units, at most <see cref="UsableUnits"/>.</summary>
    public ReservationUse Use(long units, ReservedRate rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(units, UsableUnits(rate));
        return this with { SpentMicroUnits = SpentMicroUnits + (units * ReservedRate.MicroUnits) };
    }

    /// <summary>Others use units that the holder left, at most <see cref="LendableUnits"/>.</summary>
    public ReservationUse Lend(long units, ReservedRate rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(units, LendableUnits(rate));
        return this with { LendableMicroUnits = LendableMicroUnits - (units * ReservedRate.MicroUnits) };
    }
}
