using CoopGrid.Domain.Usage;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>How far admissions go beyond C·T, over every window of every length (SPEC.md §5).</summary>
internal static class CapacityCheck
{
    private const long Micro = 1_000_000;

    /// <summary>
    /// The largest excess of any window over its C·T, in micro-units: at most B·10⁶ in a sound run. A window goes from one admission to
    /// another, both included; a longer one of the same admissions only has more time.
    /// </summary>
    public static long WorstExcess(IEnumerable<Admitted> admissions, long unitsPerSecond)
    {
        long sum = 0, lowest = long.MaxValue, worst = 0;
        foreach (Admitted admitted in admissions.OrderBy(entry => entry.At))
        {
            long flowed = admitted.At.UnixMicroseconds * unitsPerSecond;
            lowest = Math.Min(lowest, sum - flowed);
            sum += admitted.Units * Micro;
            worst = Math.Max(worst, sum - flowed - lowest);
        }

        return worst;
    }

    /// <summary>Units admitted from one moment up to another, per second.</summary>
    public static double Rate(IEnumerable<Admitted> admissions, long fromMicros, long untilMicros) =>
        (double)admissions.Where(entry => entry.At.UnixMicroseconds >= fromMicros && entry.At.UnixMicroseconds < untilMicros).Sum(entry => entry.Units)
        * Micro / (untilMicros - fromMicros);
}
