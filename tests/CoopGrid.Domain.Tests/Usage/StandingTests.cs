using System.Numerics;
using CoopGrid.Domain.Usage;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

public class StandingTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1000, 0)]
    [InlineData(1001, 1)]
    [InlineData(1249, 1)]
    [InlineData(1250, 2)]
    [InlineData(1499, 2)]
    [InlineData(1500, 3)]
    [InlineData(1750, 4)]
    [InlineData(1999, 4)]
    [InlineData(2000, 5)]
    [InlineData(2500, 6)]
    [InlineData(4000, 9)]
    [InlineData(100_000, 27)]
    [InlineData(28_671_999, 59)]
    [InlineData(28_672_000, 60)]
    [InlineData(long.MaxValue, 60)]
    public void Four_bands_stand_for_each_doubling_of_the_mean(long usage, int band) =>
        Assert.Equal(band, Standing.BandOf(usage, new Mean(10_000, 10), 0));

    [Theory]
    [InlineData(5000, 5000, 0)]
    [InlineData(5001, 5000, 10)]
    public void Within_the_baseline_everybody_is_protected(long usage, long baseline, int band) =>
        Assert.Equal(band, Standing.BandOf(usage, new Mean(10_000, 10), baseline));

    [Fact]
    public void Without_usage_in_the_class_whoever_uses_has_the_worst_band()
    {
        Assert.Equal(Standing.WorstBand, Standing.BandOf(1, new Mean(0, 3), 0));
        Assert.Equal(Standing.Protected, Standing.BandOf(0, new Mean(0, 3), 0));
        Assert.Equal(Standing.Protected, Standing.BandOf(1, new Mean(0, 0), 0));
    }

    [Fact]
    public void The_largest_figures_do_not_overflow()
    {
        Assert.Equal(Standing.WorstBand, Standing.BandOf(long.MaxValue, new Mean(1, long.MaxValue), 0));
        Assert.Equal(1, Standing.BandOf(long.MaxValue, new Mean(long.MaxValue - 1, 1), 0));
        Assert.Equal(Standing.BulkBand, Standing.Bands - 1);
    }

    [Fact]
    public void Bands_equal_the_oracle_and_never_fall_with_usage() =>
        Gen.Select(Gen.Long[0, long.MaxValue - 1], Gen.Long[1, long.MaxValue], Gen.Long[1, 1L << 40], Gen.Int[0, 62], Gen.Int[0, 62])
            .Sample(
                (u, s, n, small, mean) =>
                {
                    long usage = u >> small;
                    var of = new Mean(Math.Max(1, s >> mean), n);
                    int band = Standing.BandOf(usage, of, 0);
                    Assert.Equal(Oracle(usage, of), band);
                    Assert.True(Standing.BandOf(usage + 1, of, 0) >= band);
                },
                iter: 20_000);

    /// <summary>Counts the band's lower edges, <c>(4 + quarter) · 2^octave / 4</c> times the mean, that the usage has reached.</summary>
    private static int Oracle(long usage, Mean mean)
    {
        BigInteger demanded = (BigInteger)usage * mean.Members;
        if (demanded <= mean.Usage) return 0;
        int band = 1;
        while (band < 60 && demanded * 4 >= mean.Usage * (BigInteger)(4 + (band % 4)) << (band / 4)) band++;
        return band;
    }
}
