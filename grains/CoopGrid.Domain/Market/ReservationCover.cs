using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// What a running reservation makes of its holder's request (SPEC.md §6 and §7).
/// 1. In a surge-exempt lane all units are exempt, and the reservation stays as it is.
/// 2. Else the reservation covers as many whole units as it has; they are not surged, use no quota and count in neither u nor S.
/// 3. The rest is surged at the greater of the overage multiplier and the current one, without baseline or bank, and counts in u.
/// 4. Without a running reservation this rule does not apply, and the current multiplier stays.
/// </summary>
public static class ReservationCover
{
    /// <summary>Covers a request's units.</summary>
    /// <param name="units">The request's units; above 0.</param>
    /// <param name="isExempt">Whether its lane is surge-exempt.</param>
    /// <param name="reservation">The member's reservation and what is used of it.</param>
    /// <param name="multipliers">The multipliers that may apply, in per-mille.</param>
    /// <returns>Null if no reservation of the member runs.</returns>
    public static ReservedCover? Of(
        long units, bool isExempt, (ReservedRate Rate, ReservationUse Use) reservation, (int Overage, int Current) multipliers, Instant now)
    {
        (ReservedRate rate, ReservationUse use) = reservation;
        use = use.FlowTo(now, rate);
        if (!rate.IsRunning(use.At)) return null;
        if (isExempt) return new(new(units, 0, 0, 0, 0), multipliers.Current, use);
        long reserved = Math.Min(units, use.UsableUnits(rate));
        return new(new(0, reserved, 0, 0, units - reserved), Math.Max(multipliers.Overage, multipliers.Current), use.Use(reserved, rate));
    }
}

/// <summary>What covers a request under a reservation.</summary>
/// <param name="Covered">Exempt, reserved and surged units; never baseline or banked ones.</param>
/// <param name="MultiplierPermille">The multiplier of the surged units.</param>
/// <param name="Use">What is used of the reservation afterwards; kept only if the request is admitted.</param>
public readonly record struct ReservedCover(Covered Covered, int MultiplierPermille, ReservationUse Use)
{
    /// <summary>What counts in u and S, and uses the member's quota: all but the reserved units.</summary>
    public long CountedUnits => Covered.Total - Covered.Reserved;
}
