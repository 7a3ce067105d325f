using CoopGrid.Domain.Pricing;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Pricing;

public class PriceRuleTests
{
    /// <summary>T = 800, K = 69,249, cap ×5.</summary>
    private static readonly ClassPolicy Policy = Priced(1000, 800, 1000, 60, 5000);

    // (D, tou) → (x, surge, multiplier), from x = 40,000 with T = 800 and K = 69,249; E(1000, 40000, 69249) = 1781.
    [Theory]
    [InlineData(800, 1000, 40_000, 1781, 1781)]
    [InlineData(0, 1000, 39_200, 1761, 1761)]
    [InlineData(1600, 1000, 40_800, 1802, 1802)]
    [InlineData(1_000_000, 1000, 40_800, 1802, 1802)]
    [InlineData(800, 1500, 40_000, 1781, 2671)]
    [InlineData(800, 500, 40_000, 1781, 890)]
    [InlineData(800, 3000, 40_000, 1781, 5000)]
    public void One_period_moves_x_by_what_lies_over_the_target(long demand, int tou, long x, int surge, int multiplier)
    {
        PricePeriod before = new(6, 1, 0, 800, 69_249, 40_000, 5000, 1000, 1781, 1781);
        PricePeriod expected = new(7, 1, demand, 800, 69_249, x, 5000, tou, surge, multiplier);
        Assert.Equal(expected, PriceRule.Close(before, Policy, 7, demand, tou));
        Assert.Equal(expected, PriceOracle.Close(before, Policy, 7, demand, tou));
    }

    [Theory]
    [InlineData(1000, 800, 1000, 800)]
    [InlineData(1000, 1000, 250, 250)]
    [InlineData(1, 999, 1000, 1)]
    [InlineData(3, 500, 1000, 1)]
    [InlineData(7, 500, 1000, 3)]
    [InlineData(long.MaxValue, 1, 1000, long.MaxValue / 1000)]
    public void The_target_is_floored_and_at_least_1(long capacity, int targetPermille, long periodMs, long target) =>
        Assert.Equal(target, PriceRule.Close(null, Priced(capacity, targetPermille, periodMs, 1, 1000), 0, 0, 1000).Target);

    [Fact]
    public void A_metered_class_closes_with_its_slices()
    {
        ClassPolicy metered = Policy with { Entry = UsageEntry.Metered };
        Assert.Equal(3_600_000, PriceRule.PeriodMs(metered));
        Assert.Equal(800 * 3600, PriceRule.Close(null, metered, 0, 0, 1000).Target);
        Assert.Equal(metered.Window.SliceAt(Instant.FromUnixMs(-1)), PriceRule.PeriodAt(metered, Instant.FromUnixMs(-1)));
        Assert.Equal(1999, PriceRule.PeriodAt(Policy, Instant.FromUnixMs(1_999_999)));
        Assert.Equal(Instant.FromUnixMs(1_999_000), PriceRule.PeriodStart(Policy, 1999));
    }

    [Fact]
    public void At_twice_the_target_the_price_doubles_in_the_doubling_time()
    {
        PricePeriod? row = null;
        for (int period = 0; period < 60; period++) row = PriceRule.Close(row, Policy, period, 1600, 1000);
        Assert.InRange(row!.Value.SurgePermille, 1999, 2000);
    }

    [Fact]
    public void However_long_the_cap_held_the_first_quiet_period_lowers_the_price()
    {
        PricePeriod? row = null;
        for (int period = 0; period < 10_000; period++) row = PriceRule.Close(row, Policy, period, 80_000, 1000);
        Assert.Equal((Surge.XMax(5000, 69_249), 5000, 5000), (row!.Value.X, row.Value.SurgePermille, row.Value.MultiplierPermille));
        PricePeriod quiet = PriceRule.Close(row, Policy, 10_000, 0, 1000);
        Assert.Equal(row.Value.X - 800, quiet.X);
        Assert.True(quiet.SurgePermille < 5000);
    }

    [Fact]
    public void A_cap_of_1000_switches_surge_off()
    {
        ClassPolicy off = Priced(1000, 800, 1000, 60, 1000);
        PricePeriod row = PriceRule.Close(null, off, 0, 1_000_000, 1500);
        Assert.Equal((0L, 1000, 1000), (row.X, row.SurgePermille, row.MultiplierPermille));
        Assert.Equal(700, PriceRule.Close(row, off, 1, 0, 700).MultiplierPermille);
    }

    [Fact]
    public void A_changed_K_rescales_x_and_keeps_the_surge()
    {
        PricePeriod before = PriceRule.Close(new(6, 1, 0, 800, 69_249, 40_000, 5000, 1000, 1781, 1781), Policy, 7, 800, 1000);
        ClassPolicy doubled = Priced(2000, 800, 1000, 60, 5000);
        PricePeriod after = PriceRule.Close(before, doubled, 8, 1600, 1000);
        Assert.Equal((1600L, 138_499L, 80_000L, 1781), (after.Target, after.K, after.X, after.SurgePermille));

        // A lower cap at the same K only clamps the end value, a changed K clamps the start as well.
        PricePeriod lower = PriceRule.Close(before, Priced(1000, 800, 1000, 60, 1100), 8, 0, 1000);
        Assert.Equal(Surge.XMax(1100, 69_249), lower.X);
        PricePeriod both = PriceRule.Close(before, Priced(2000, 800, 1000, 60, 1100), 8, 0, 1000);
        Assert.Equal(Surge.XMax(1100, 138_499) - 1600, both.X);
    }

    [Fact]
    public void Arguments_and_policies_out_of_range_are_errors()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PriceRule.Close(null, Policy, 0, -1, 1000));
        Assert.Throws<ArgumentOutOfRangeException>(() => PriceRule.Close(null, Policy, 0, 0, 0));
        Assert.Throws<OverflowException>(() => PriceRule.Close(null, Priced(long.MaxValue, 1000, 1001, 1, 1000), 0, 0, 1000));
        Assert.Throws<OverflowException>(() => PriceRule.Close(null, Priced(long.MaxValue, 1000, 1000, 1, 1000), 0, 0, 1000));
    }

    [Fact]
    public void Every_row_equals_the_oracle_under_changing_demand_and_policy()
    {
        Gen<ClassPolicy> policies = Gen.Select(
            Gen.OneOf(1L, 3L, 1000L, 123_456_789L, 4_000_000_000_000L), Gen.Int[1, 1000], Gen.OneOf(100L, 1000L, 60_000L),
            Gen.Int[0, 100], Gen.OneOf(1000, 1001, 1500, 5000, 100_000)).Select(Priced);
        Gen<(ClassPolicy, (long, int)[])[]> runs =
            Gen.Select(policies, Gen.Select(Gen.Long[0, 4000], Gen.Int[1, 3000]).Array[0, 25]).Array[1, 4];
        runs.Sample(
            run =>
            {
                PricePeriod? last = null;
                long period = 0;
                foreach ((ClassPolicy policy, (long, int)[] periods) in run)
                {
                    foreach ((long permille, int tou) in periods)
                    {
                        long demand = (long)((Int128)policy.Capacity.UnitsPerSecond * permille / 1000);
                        PricePeriod row = PriceRule.Close(last, policy, period, demand, tou);
                        Assert.Equal(PriceOracle.Close(last, policy, period, demand, tou), row);
                        Assert.InRange(row.SurgePermille, 1000, row.CapPermille);
                        Assert.InRange(row.MultiplierPermille, 0, row.CapPermille);
                        last = row;
                        period++;
                    }
                }
            },
            iter: 300);
    }

    internal static ClassPolicy Priced(long capacity, int targetPermille, long periodMs, int doubling, int cap) => new()
    {
        Capacity = new() { UnitsPerSecond = capacity, BurstUnits = capacity, MaxRequestUnits = capacity },
        Price = new() { ControlPeriodMs = periodMs, TargetPermille = targetPermille, DoublingPeriods = doubling, CapPermille = cap },
    };
}
