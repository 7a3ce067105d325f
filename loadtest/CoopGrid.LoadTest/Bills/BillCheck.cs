using System.Globalization;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Bills;

/// <summary>Holds an epoch's bills against its books.</summary>
internal static class BillCheck
{
    /// <summary>
    /// Where they differ, a sentence each:
    /// 1. the lines of every bill add up to its charges and its total;
    /// 2. the bills' units and slices are S and M;
    /// 3. Σ charges + rounding = revenue.
    /// </summary>
    public static IReadOnlyList<string> Problems(ClosingReply closing, IReadOnlyCollection<Bill> bills)
    {
        List<string> problems = [];
        int wrong = bills.Count(bill => !AddsUp(bill));
        if (wrong > 0) problems.Add($"On {wrong} bills the lines do not add up.");

        Int128 charges = 0, units = 0, slices = 0;
        foreach (Bill bill in bills)
        {
            charges += bill.ChargesMicroCredits;
            units += bill.Lines.Where(line => line.InputsCase == BillLine.InputsOneofCase.Overage).Sum(line => line.Overage.Units);
            slices += bill.Lines.Where(line => line.InputsCase == BillLine.InputsOneofCase.Fixed).Sum(line => line.Fixed.EnrolledSlices);
        }

        Compare(problems, "units", units, closing.UsageUnits);
        Compare(problems, "slices", slices, closing.MemberSlices);
        var revenue = Int128.Parse(closing.RevenueMicroCredits, CultureInfo.InvariantCulture);
        Compare(problems, "micro-credits, rounding included,", charges + closing.RoundingMicroCredits, revenue);
        return problems;
    }

    private static bool AddsUp(Bill bill)
    {
        long charges = bill.Lines.Where(line => line.Kind != BillLineKind.Credit).Sum(line => line.AmountMicroCredits);
        return charges == bill.ChargesMicroCredits && bill.Lines.Sum(line => line.AmountMicroCredits) == bill.TotalMicroCredits;
    }

    private static void Compare(List<string> problems, string what, Int128 billed, Int128 booked)
    {
        if (billed != booked) problems.Add($"The bills have {billed} {what} the books {booked}.");
    }
}
