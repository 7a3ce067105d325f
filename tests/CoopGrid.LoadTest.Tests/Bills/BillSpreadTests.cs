using CoopGrid.LoadTest.Bills;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Bills;

/// <summary>How bills are spread, and where they differ from the books.</summary>
public sealed class BillSpreadTests
{
    [Fact]
    public void Ranks_are_of_bills_that_there_are()
    {
        var spread = BillSpread.Of([.. Enumerable.Range(1, 1000).Select(i => BillOf(100, i - 1))]);
        Assert.Equal((1000, "599500"), (spread.Count, spread.SumMicroCredits));
        Assert.Equal((100L, 199L, 599L, 999L, 1089L, 1099L), (spread.Min, spread.P10, spread.P50, spread.P90, spread.P99, spread.Max));
        Assert.Equal(1, spread.FixedFeeOnly);
        Assert.Equal(new KindSum(1000, "100000"), spread.Lines["Fixed"]);
        Assert.Equal(new KindSum(1000, "499500"), spread.Lines["Overage"]);
        Assert.Equal(
            [(100L, 1), (150, 50), (200, 50), (300, 100), (500, 200), (700, 200), (1000, 300), (1500, 99)],
            spread.Histogram.Select(bin => (bin.UpToMicroCredits, bin.Bills)));
    }

    [Fact]
    public void Sums_and_bounds_beyond_64_bits_are_told()
    {
        var spread = BillSpread.Of([BillOf(long.MaxValue, 0), BillOf(long.MaxValue, 0), BillOf(0, 0)]);
        Assert.Equal("18446744073709551614", spread.SumMicroCredits);
        Assert.Equal([(0L, 1), (long.MaxValue, 2)], spread.Histogram.Select(bin => (bin.UpToMicroCredits, bin.Bills)));
        Assert.Equal((0, 0L), (BillSpread.Of([]).Count, BillSpread.Of([]).P99));
    }

    [Fact]
    public void A_difference_of_one_is_found()
    {
        Bill[] bills = [BillOf(100, 7), BillOf(100, 0)];
        ClosingReply Books(long units, long slices, string revenue) =>
            new() { UsageUnits = units, MemberSlices = slices, RevenueMicroCredits = revenue, RoundingMicroCredits = -1 };
        Assert.Empty(BillCheck.Problems(Books(6, 20, "206"), bills));
        Assert.Single(BillCheck.Problems(Books(7, 20, "206"), bills));
        Assert.Single(BillCheck.Problems(Books(6, 21, "206"), bills));
        Assert.Single(BillCheck.Problems(Books(6, 20, "207"), bills));
        bills[0].Lines[0].AmountMicroCredits++;
        Assert.Contains("add up", Assert.Single(BillCheck.Problems(Books(6, 20, "206"), bills)), StringComparison.Ordinal);
    }

    private static Bill BillOf(long fee, long overage)
    {
        var bill = new Bill { ChargesMicroCredits = fee + overage, TotalMicroCredits = fee + overage };
        bill.Lines.Add(new BillLine { Kind = BillLineKind.Fixed, AmountMicroCredits = fee, Fixed = new() { EnrolledSlices = 10 } });
        bill.Lines.Add(new BillLine { Kind = BillLineKind.Overage, AmountMicroCredits = overage, Overage = new() { Units = 3 } });
        return bill;
    }
}
