using System.Numerics;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing;

/// <summary>The one rounding of a bill line (SPEC.md §2), in both widths.</summary>
public sealed class RoundingTests
{
    /// <summary>Seen to fail with halves rounded up.</summary>
    [Theory]
    [InlineData(0, 7, 0)]
    [InlineData(1, 2, 0)]
    [InlineData(3, 2, 2)]
    [InlineData(5, 2, 2)]
    [InlineData(-1, 2, 0)]
    [InlineData(-3, 2, -2)]
    [InlineData(-5, 2, -2)]
    [InlineData(499, 1000, 0)]
    [InlineData(501, 1000, 1)]
    [InlineData(-501, 1000, -1)]
    [InlineData(long.MaxValue, 1, long.MaxValue)]
    public void Halves_go_to_the_even_one(long dividend, long divisor, long expected)
    {
        Assert.Equal(expected, Integers.RoundHalfEven<Int128>(dividend, divisor));
        Assert.Equal(expected, Integers.RoundHalfEven<BigInteger>(dividend, divisor));
    }

    [Fact]
    public void It_is_the_independent_rounding() =>
        Gen.Select(Gen.Long, Gen.Long[1, long.MaxValue], Gen.Int[0, 62]).Sample(
            (dividend, large, small) =>
            {
                long divisor = Math.Max(1, large >> small);
                Assert.Equal(IndependentBiller.Round(dividend, divisor), (BigInteger)Integers.RoundHalfEven<Int128>(dividend, divisor));
                Assert.Equal(IndependentBiller.Round(dividend, divisor), Integers.DivideHalfEven<BigInteger>(dividend, divisor));
            },
            iter: 5000);

    [Fact]
    public void A_result_over_64_bits_is_an_error()
    {
        BigInteger tooMuch = (BigInteger)long.MaxValue + 1;
        Assert.Throws<OverflowException>(() => Integers.RoundHalfEven(tooMuch, BigInteger.One));
        Assert.Throws<OverflowException>(() => Integers.RoundHalfEven((Int128)tooMuch, Int128.One));
        Assert.Equal(tooMuch, Integers.DivideHalfEven(tooMuch, BigInteger.One));
    }
}
