using System.Collections.Immutable;
using CoopGrid.Domain.Pricing;
using CoopGrid.Domain.Tests.Usage;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Pricing;

public class MissedPeriodsTests
{
    private static readonly ClassPolicy Policy = PriceRuleTests.Priced(1000, 800, 1000, 60, 5000);

    private static readonly ImmutableArray<TouBand> Bands =
    [
        new() { Days = 0b0011111, FromMinute = 17 * 60, ToMinute = 20 * 60, Permille = 1500 },
        new() { Days = 0b1111111, FromMinute = 0, ToMinute = 5 * 60, Permille = 700 },
        new() { Days = 0b1000000, FromMinute = 150, ToMinute = 151, Permille = 900 },
    ];

    private static readonly TimeOfUse Berlin = new(Bands, "Europe/Berlin");

    [Fact]
    public void Without_a_table_all_quiet_periods_are_one_row()
    {
        var flat = new TimeOfUse([], "UTC");
        PricePeriod row = Assert.Single(PriceRule.CloseMissed(null, Policy, 5, 1_000_000_000_000, flat));
        Assert.Equal(new PricePeriod(5, 999_999_999_995, 0, 800, 69_249, 0, 5000, 1000, 1000, 1000), row);
        Assert.Empty(PriceRule.CloseMissed(row, Policy, 5, 5, flat));
        Assert.True(PriceRule.Extends(row, PriceRule.Close(row, Policy, 1_000_000_000_000, 0, 1000)));
    }

    [Fact]
    public void The_row_that_prices_a_band_is_the_one_before_it()
    {
        // 2026-11-23 is a Monday; 17:00 in Berlin is 16:00Z.
        long bandStart = PriceRule.PeriodAt(Policy, Utc.At("2026-11-23T16:00Z"));
        PricePeriod[] rows = [.. PriceRule.CloseMissed(null, Policy, bandStart - 10, bandStart + 10, Berlin)];
        Assert.Equal(
            [(bandStart - 10, 9L, 1000), (bandStart - 1, 11L, 1500)],
            rows.Select(r => (r.Period, r.Count, r.MultiplierPermille)));
    }

    [Fact]
    public void A_year_of_seconds_is_closed_in_rows_for_the_fall_and_for_each_change()
    {
        var saturated = PriceRule.Close(
            new(0, 1, 0, 800, 69_249, Surge.XMax(5000, 69_249), 5000, 1000, 5000, 5000), Policy, 1, 1600, 1000);
        long from = PriceRule.PeriodAt(Policy, Utc.At("2026-01-01T00:00Z"));
        long until = PriceRule.PeriodAt(Policy, Utc.At("2027-01-01T00:00Z"));
        PricePeriod[] rows = [.. PriceRule.CloseMissed(saturated, Policy, from, until, Berlin)];

        Assert.Equal(until - from, rows.Sum(r => r.Count));
        long fall = (saturated.X / 800) + 1;
        int changes = (365 * 2) + (261 * 2) + (52 * 2);
        Assert.InRange(rows.Length, changes, changes + fall + 4);
        Assert.All(rows.Take((int)fall - 1), r => Assert.Equal(1, r.Count));
        Assert.All(rows.Skip((int)fall), r => Assert.Equal(0, r.X));
    }

    /// <summary>Seen to fail when a run ends one period later, and when a change of the clocks does not end it.</summary>
    [Fact]
    public void Missed_periods_are_the_periods_closed_one_by_one() =>
        Gen.Select(
            Gen.OneOf("2026-03-28T12:00Z", "2026-10-24T12:00Z", "2026-06-12T00:00Z"),
            Gen.OneOf(7000L, 60_000L, 900_000L, 5_400_000L, 86_400_000L),
            Gen.Int[0, 100], Gen.Int[0, 400], Gen.Long[0, 6000]).Sample(
            (start, periodMs, skip, count, startX) =>
            {
                ClassPolicy policy = PriceRuleTests.Priced(1, 1000, periodMs, 60, 5000);
                long from = PriceRule.PeriodAt(policy, Utc.At(start)) + skip;
                PricePeriod before = PriceRule.Close(null, policy, from - 1, 0, 1000);
                before = before with { X = Math.Min(before.Target * startX / 1000, Surge.XMax(5000, before.K)) };
                Assert.Equal(
                    OneByOne(before, policy, from, from + count),
                    PriceRule.CloseMissed(before, policy, from, from + count, Berlin));
            },
            iter: 400);

    [Fact]
    public void Only_alike_neighbours_without_demand_and_x_make_one_row()
    {
        PricePeriod row = new(10, 3, 0, 800, 69_249, 0, 5000, 1000, 1000, 1000);
        PricePeriod next = row with { Period = 13, Count = 1 };
        Assert.True(PriceRule.Extends(row, next));
        Assert.False(PriceRule.Extends(row, next with { Period = 14 }));
        Assert.False(PriceRule.Extends(row, next with { Demand = 1 }));
        Assert.False(PriceRule.Extends(row, next with { X = 1 }));
        Assert.False(PriceRule.Extends(row, next with { K = 10 }));
        Assert.False(PriceRule.Extends(row, next with { TouPermille = 900, MultiplierPermille = 900 }));
        Assert.False(PriceRule.Extends(row with { Demand = 1 }, next with { Demand = 1 }));
        Assert.False(PriceRule.Extends(row with { X = 1 }, next with { X = 1 }));
    }

    private static List<PricePeriod> OneByOne(PricePeriod before, ClassPolicy policy, long from, long until)
    {
        var rows = new List<PricePeriod>();
        PricePeriod last = before;
        for (long period = from; period < until; period++)
        {
            last = PriceRule.Close(last, policy, period, 0, Berlin.PermilleAt(PriceRule.PeriodStart(policy, period + 1)));
            if (rows.Count > 0 && rows[^1] with { Period = period, Count = 1 } == last && last.X == 0) rows[^1] = rows[^1] with { Count = rows[^1].Count + 1 };
            else rows.Add(last);
        }

        return rows;
    }
}
