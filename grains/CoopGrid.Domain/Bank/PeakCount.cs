using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// How many of a slice's control periods were priced above 1000 (SPEC.md §8). <c>default</c> has no periods and is off-peak.
/// <list type="number">
/// <item>A slice is off-peak if at most <see cref="MostPermille"/> ‰ of its periods had a multiplier above 1000: exactly 50 ‰ is off-peak.</item>
/// <item>A period's multiplier is what the row before it ended with: a row of the price's history prices the next period, a run of
/// rows the periods after each.</item>
/// </list>
/// </summary>
/// <param name="Above">Periods with a multiplier above 1000; 0 to <paramref name="Periods"/>.</param>
/// <param name="Periods">All periods that were counted.</param>
public readonly record struct PeakCount(long Above, long Periods)
{
    /// <summary>Most periods above 1000 of an off-peak slice, in per-mille.</summary>
    public const int MostPermille = 50;

    public bool IsOffPeak => (Int128)Above * 1000 <= (Int128)Periods * MostPermille;

    /// <summary>With <paramref name="periods"/> more that all had one multiplier.</summary>
    public PeakCount With(int multiplierPermille, long periods = 1) =>
        new(multiplierPermille > 1000 ? Above + periods : Above, Periods + periods);

    /// <summary>The count of the periods <paramref name="first"/> to <paramref name="last"/>, by the rows of the price's history that price them.</summary>
    /// <param name="rows">Rows in any order, none twice; those that price other periods do not matter.</param>
    public static PeakCount In(IEnumerable<PricePeriod> rows, long first, long last)
    {
        var count = default(PeakCount);
        foreach (PricePeriod row in rows)
        {
            long from = Math.Max(first, row.Period + 1);
            long until = Math.Min(last, row.Period + row.Count);
            if (from <= until) count = count.With(row.MultiplierPermille, until - from + 1);
        }

        return count;
    }
}
