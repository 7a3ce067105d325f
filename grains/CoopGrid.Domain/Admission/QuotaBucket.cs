using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>
/// A member's own rate limit: what it spent and has not yet flowed back. Units per second × microseconds are micro-units exactly, so
/// nothing is rounded; a change of quota needs no conversion. <c>default</c> is a full bucket.
/// </summary>
/// <param name="SpentMicroUnits">Spent and not yet flowed back at <paramref name="At"/>, in units × 10⁻⁶; ≥ 0.</param>
/// <param name="At">When that was so.</param>
public readonly record struct QuotaBucket(long SpentMicroUnits, Instant At)
{
    private const long MicroUnits = 1_000_000;

    /// <summary>The bucket at <paramref name="now"/>; a clock that went back lets nothing flow.</summary>
    public QuotaBucket FlowTo(Instant now, QuotaPolicy quota)
    {
        if (quota.UnitsPerSecond == 0) return new(0, now);
        long elapsed = now.UnixMicroseconds - At.UnixMicroseconds;
        if (elapsed <= 0) return this;
        Int128 flowed = (Int128)elapsed * quota.UnitsPerSecond;
        return new(flowed >= SpentMicroUnits ? 0 : SpentMicroUnits - (long)flowed, now);
    }

    /// <summary>How long until <paramref name="units"/> fit, in ms rounded up; 0 = now.</summary>
    public long MsUntil(long units, QuotaPolicy quota)
    {
        if (quota.UnitsPerSecond == 0) return 0;
        long missing = SpentMicroUnits + (units * MicroUnits) - (quota.BurstUnits * MicroUnits);
        return missing <= 0 ? 0 : (missing / quota.UnitsPerSecond / 1000) + 1;
    }

    /// <summary>The bucket after spending; without a rate nothing is kept.</summary>
    public QuotaBucket Spend(long units, QuotaPolicy quota) =>
        quota.UnitsPerSecond == 0 ? this : this with { SpentMicroUnits = SpentMicroUnits + (units * MicroUnits) };
}
