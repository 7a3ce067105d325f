using CoopGrid.Domain.Bank;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

public sealed class PeakCountTests
{
    /// <summary>Seen to fail with &lt; for ≤, and with 51 ‰.</summary>
    [Theory]
    [InlineData(0, 3600, true)]
    [InlineData(180, 3600, true)]
    [InlineData(181, 3600, false)]
    [InlineData(3600, 3600, false)]
    [InlineData(0, 1, true)]
    [InlineData(1, 1, false)]
    [InlineData(1, 20, true)]
    [InlineData(1, 19, false)]
    [InlineData(50, 1000, true)]
    [InlineData(51, 1000, false)]
    [InlineData(0, 0, true)]
    [InlineData(long.MaxValue / 20, long.MaxValue, true)]
    [InlineData((long.MaxValue / 20) + 1, long.MaxValue, false)]
    public void A_slice_with_at_most_50_permille_of_its_periods_above_1000_is_off_peak(long above, long periods, bool offPeak) =>
        Assert.Equal(offPeak, new PeakCount(above, periods).IsOffPeak);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1000, 0)]
    [InlineData(1001, 1)]
    [InlineData(1_000_000, 1)]
    public void Only_a_multiplier_above_1000_counts(int multiplier, long above) =>
        Assert.Equal(new PeakCount(3 + above, 8), new PeakCount(3, 7).With(multiplier));

    /// <summary>Seen to fail with a row that prices its own period.</summary>
    [Fact]
    public void A_row_prices_the_periods_after_it() =>
        Gen.Select(Gen.Int[1, 5].Array[1, 30], Gen.Int[998, 1003].Array[30], Gen.Int[0, 60], Gen.Int[0, 40]).Sample(
            (counts, multipliers, first, length) =>
            {
                List<PricePeriod> rows = [];
                var priced = new Dictionary<long, int>();
                long period = 10;
                for (int i = 0; i < counts.Length; i++)
                {
                    rows.Add(new(period, counts[i], 0, 1, 10, 0, 5000, 1000, 1000, multipliers[i]));
                    for (int j = 0; j < counts[i]; j++) priced[++period] = multipliers[i];
                }

                long[] asked = [.. Enumerable.Range(first, length).Select(p => (long)p).Where(priced.ContainsKey)];
                var expected = new PeakCount(asked.Count(p => priced[p] > 1000), asked.Length);
                Assert.Equal(expected, PeakCount.In(rows, first, first + length - 1));
            },
            iter: 2000);
}
