using System.Globalization;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Bills;

/// <summary>How an epoch's bills are spread. Amounts are charges (all lines but credits) in micro-credits.</summary>
/// <param name="Count">Bills.</param>
/// <param name="SumMicroCredits">Of all charges, as decimal text: many bills may be above 64 bits.</param>
/// <param name="FixedFeeOnly">Bills on which nothing but the fixed fee is charged.</param>
/// <param name="Histogram">Bills by amount, ascending, those in between without bills left out.</param>
/// <param name="Lines">What was charged and credited by kind of line.</param>
internal sealed record BillSpread(
    int Count,
    string SumMicroCredits,
    long Min,
    long P10,
    long P50,
    long P90,
    long P99,
    long Max,
    int FixedFeeOnly,
    IReadOnlyList<SpreadBin> Histogram,
    IReadOnlyDictionary<string, KindSum> Lines)
{
    /// <summary>Bounds of the histogram in each decade.</summary>
    private static readonly int[] Steps = [10, 15, 20, 30, 50, 70];

    public static BillSpread Of(IReadOnlyList<Bill> bills)
    {
        long[] amounts = [.. bills.Select(bill => bill.ChargesMicroCredits).Order()];
        return new(
            amounts.Length,
            Text(amounts.Aggregate(Int128.Zero, (sum, amount) => sum + amount)),
            Rank(amounts, 0), Rank(amounts, 100), Rank(amounts, 500), Rank(amounts, 900), Rank(amounts, 990), Rank(amounts, 1000),
            bills.Count(IsFixedFeeOnly),
            [.. amounts.GroupBy(UpTo).OrderBy(bin => bin.Key).Select(bin => new SpreadBin(bin.Key, bin.Count()))],
            bills.SelectMany(bill => bill.Lines).GroupBy(line => line.Kind).OrderBy(kind => kind.Key).ToDictionary(
                kind => kind.Key.ToString(),
                kind => new KindSum(kind.Count(), Text(kind.Aggregate(Int128.Zero, (sum, line) => sum + line.AmountMicroCredits)))));
    }

    public static string Text(Int128 amount) => amount.ToString(CultureInfo.InvariantCulture);

    private static bool IsFixedFeeOnly(Bill bill) =>
        bill.Lines.All(line => line.AmountMicroCredits == 0 || line.Kind is BillLineKind.Fixed or BillLineKind.Credit);

    /// <summary>The smallest amount that so many per-mille of all do not exceed.</summary>
    private static long Rank(long[] sorted, int permille) =>
        sorted.Length == 0 ? 0 : sorted[Math.Max(0, (int)((((long)sorted.Length * permille) + 999) / 1000) - 1)];

    /// <summary>The least bound that is not below an amount: 0, and 1, 1.5, 2, 3, 5 and 7 in each decade from 10 micro-credits on.</summary>
    private static long UpTo(long amount)
    {
        if (amount <= 0) return 0;
        for (Int128 decade = 1; ; decade *= 10)
        {
            foreach (int step in Steps)
            {
                if (step * decade >= amount) return (long)Int128.Min(step * decade, long.MaxValue);
            }
        }
    }
}

/// <summary>Bills above the bound before and up to this one, in micro-credits.</summary>
internal sealed record SpreadBin(long UpToMicroCredits, int Bills);

/// <summary>Lines of a kind.</summary>
internal sealed record KindSum(int Lines, string SumMicroCredits);
