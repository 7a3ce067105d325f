using CoopGrid.Domain.Usage;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

public class MeanTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(10, 0, 0)]
    [InlineData(0, 7, 0)]
    [InlineData(10, 4, 2500)]
    [InlineData(10, 3, 3333)]
    [InlineData(2, 3, 666)]
    [InlineData(long.MaxValue, 1000, long.MaxValue)]
    public void Milliunits_are_floored(long usage, long members, long expected) =>
        Assert.Equal(expected, new Mean(usage, members).Milliunits);

    [Fact]
    public void A_mean_too_large_for_milliunits_is_an_error() =>
        Assert.Throws<OverflowException>(() => new Mean(long.MaxValue, 999).Milliunits);

    [Theory]
    [InlineData(10, 3, 3, false)]
    [InlineData(10, 3, 4, true)]
    [InlineData(12, 3, 4, false)]
    [InlineData(0, 3, 0, false)]
    [InlineData(0, 3, 1, true)]
    [InlineData(0, 0, 5, false)]
    [InlineData(long.MaxValue, long.MaxValue, 1, false)]
    [InlineData(long.MaxValue - 1, long.MaxValue, 1, true)]
    [InlineData(long.MaxValue, 2, long.MaxValue, true)]
    public void Above_the_mean_is_decided_on_integers(long usage, long members, long own, bool expected) =>
        Assert.Equal(expected, new Mean(usage, members).IsExceededBy(own));
}
