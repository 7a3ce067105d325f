using CoopGrid.Domain.Pricing;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Pricing;

public class SurgeTests
{
    /// <summary>The specification's two vectors, and small ones by hand: E(1,10,10) sums 10+10+5+1 = 26.</summary>
    public static TheoryData<long, long, long, long> Vectors => new()
    {
        { 1_000_000, 393_216, 3_338_477, 1_125_000 },
        { 1, 3_338_477, 3_338_477, 2 },
        { 1, 10, 10, 2 },
        { 10, 10, 10, 27 },
        { 1000, 0, 10, 1000 },
        { 0, 1000, 10, 0 },
        { 1000, 1, 1, 2716 },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void The_exponential_has_the_known_values(long f, long x, long k, long expected)
    {
        Assert.Equal(expected, Surge.Exponential(f, x, k));
        Assert.Equal(expected, PriceOracle.E(f, x, k));
    }

    [Fact]
    public void The_exponential_equals_the_oracle() =>
        Gen.Select(Gen.Long[0, 1_000_000], Gen.Long[1, long.MaxValue], Gen.Int[0, 62], Gen.Long[0, 20_000]).Sample(
            (f, large, small, ratio) =>
            {
                long k = Math.Max(1, large >> small);
                Int128 product = (Int128)k * ratio / 1000;
                long x = product < long.MaxValue ? (long)product : long.MaxValue;
                Assert.Equal(PriceOracle.E(f, x, k), Surge.Exponential(f, x, k));
            },
            iter: 3000);

    [Theory]
    [InlineData(1, long.MaxValue, 1)]
    [InlineData(1, 44_000, 1000)]
    [InlineData(long.MaxValue, 1, 10)]
    [InlineData(long.MaxValue, long.MaxValue, long.MaxValue)]
    [InlineData(1000, long.MaxValue, long.MaxValue / 40)]
    public void A_result_over_64_bits_is_an_error_and_found_soon(long f, long x, long k) =>
        Assert.Throws<OverflowException>(() => Surge.Exponential(f, x, k));

    [Fact]
    public void The_largest_results_are_exact()
    {
        Assert.Equal(long.MaxValue, Surge.Exponential(long.MaxValue, 0, long.MaxValue));
        Assert.Equal(PriceOracle.E(1, 43_000, 1000), Surge.Exponential(1, 43_000, 1000));
        Assert.Equal(PriceOracle.E(1000, long.MaxValue, long.MaxValue), Surge.Exponential(1000, long.MaxValue, long.MaxValue));
    }

    [Fact]
    public void Arguments_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Surge.Exponential(-1, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Surge.Exponential(1, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Surge.Exponential(1, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Surge.XMax(2000, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Surge.DenominatorK(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Surge.DenominatorK(1, -1));
    }

    [Theory]
    [InlineData(1000, 10)]
    [InlineData(1001, 10)]
    [InlineData(1500, 10)]
    [InlineData(5000, 77)]
    [InlineData(100_000, 1234)]
    public void X_max_is_found_by_trying_every_x(int cap, long k)
    {
        long x = 0;
        while (PriceOracle.E(1000, x, k) < cap) x++;
        Assert.Equal(x, Surge.XMax(cap, k));
        Assert.Equal(x, PriceOracle.XMax(cap, k));
    }

    [Fact]
    public void X_max_is_the_least_x_that_reaches_the_cap() =>
        Gen.Select(Gen.Int[1001, int.MaxValue], Gen.Int[0, 20], Gen.Long[10, long.MaxValue / 16], Gen.Int[0, 58]).Sample(
            (high, low, large, small) =>
            {
                int cap = Math.Max(1001, high >> low);
                long k = Math.Max(10, large >> small);
                long x = Surge.XMax(cap, k);
                Assert.True(PriceOracle.E(1000, x, k) >= cap);
                Assert.True(PriceOracle.E(1000, x - 1, k) < cap);
            },
            iter: 500);

    [Fact]
    public void An_x_max_over_64_bits_is_an_error() =>
        Assert.Throws<OverflowException>(() => Surge.XMax(int.MaxValue, long.MaxValue));

    [Theory]
    [InlineData(0, 60, 10)]
    [InlineData(6, 1, 10)]
    [InlineData(7, 1, 10)]
    [InlineData(8, 1, 11)]
    [InlineData(800, 60, 69_249)]
    [InlineData(800, 0, 10)]
    public void The_denominator_is_floored_and_at_least_10(long target, int doubling, long k) =>
        Assert.Equal(k, Surge.DenominatorK(target, doubling));

    [Fact]
    public void The_denominator_may_not_leave_64_bits()
    {
        Assert.Equal(long.MaxValue / 14427 * 14427 / 10000, Surge.DenominatorK(long.MaxValue / 14427, 1));
        Assert.Throws<OverflowException>(() => Surge.DenominatorK(long.MaxValue, 1));
    }

    [Fact]
    public void A_greater_x_never_lowers_the_surge() =>
        Gen.Select(Gen.Long[1000, 5000], Gen.Long[0, 30_000]).Sample(
            (k, x) => Assert.True(Surge.Exponential(1000, x + 1, k) >= Surge.Exponential(1000, x, k)), iter: 2000);
}
