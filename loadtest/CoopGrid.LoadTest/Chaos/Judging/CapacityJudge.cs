namespace CoopGrid.LoadTest.Chaos.Judging;

/// <summary>An interval in which more was admitted than it can hold.</summary>
/// <param name="From">µs.</param>
/// <param name="To">µs; what was decided at it counts.</param>
/// <param name="Units">Admitted for certain within the interval.</param>
/// <param name="MostUnits">C·T + B of it, rounded down.</param>
internal sealed record Excess(long From, long To, long Units, long MostUnits, IReadOnlyList<PlacedAdmission> Within);

/// <summary>
/// Looks for an interval [s, e] in which more than C·(e − s) + B units were admitted, whatever placement within its bounds each admission has: only those whose
/// bounds both lie in the interval count, and placing all others outside is possible for each single interval. Intervals that begin at a lower and end at an upper
/// bound are enough: any other holds no less when it is shrunk to them. Going through the s from the last to the first, a tree over the e keeps
/// Σ units − C·e for each; every admission adds its units to all e from its upper bound on, so one question to the tree tells the worst e of each s. An e counts
/// once an admission that began at s or later ends there, so that no interval ends before it begins.
/// n admissions take n·log n steps.
/// </summary>
internal static class CapacityJudge
{
    private const long MicrosPerSecond = 1_000_000;

    /// <summary>An interval that is over capacity with the fewest admissions found; null if there is none.</summary>
    /// <param name="admissions">Of one class.</param>
    /// <param name="unitsPerSecond">C.</param>
    /// <param name="burstUnits">B.</param>
    public static Excess? Find(IReadOnlyList<PlacedAdmission> admissions, long unitsPerSecond, long burstUnits)
    {
        long[] ends = [.. admissions.Select(admission => admission.To).Distinct().Order()];
        PlacedAdmission[] latestFirst = [.. admissions.OrderByDescending(admission => admission.From)];
        // In millionths of a unit, so that C times µs stays whole.
        var tree = new SuffixSums([.. ends.Select(end => -unitsPerSecond * end)]);
        Excess? smallest = null;
        for (int i = 0; i < latestFirst.Length; i++)
        {
            PlacedAdmission next = latestFirst[i];
            int end = Array.BinarySearch(ends, next.To);
            tree.Count(end);
            tree.Add(end, next.Units * MicrosPerSecond);
            bool isLastOfItsFrom = i + 1 == latestFirst.Length || latestFirst[i + 1].From != next.From;
            if (!isLastOfItsFrom || tree.Max + (unitsPerSecond * next.From) <= burstUnits * MicrosPerSecond) continue;
            Excess found = Within(latestFirst.AsSpan(0, i + 1), next.From, ends[tree.PlaceOfMax], unitsPerSecond, burstUnits);
            if (smallest is null || found.Within.Count < smallest.Within.Count) smallest = found;
        }

        return smallest;
    }

    private static Excess Within(ReadOnlySpan<PlacedAdmission> begun, long from, long to, long unitsPerSecond, long burstUnits)
    {
        var within = new List<PlacedAdmission>();
        foreach (PlacedAdmission admission in begun)
        {
            if (admission.To <= to) within.Add(admission);
        }

        within.Reverse();
        return new(from, to, within.Sum(admission => admission.Units), (unitsPerSecond * (to - from) / MicrosPerSecond) + burstUnits, within);
    }
}
