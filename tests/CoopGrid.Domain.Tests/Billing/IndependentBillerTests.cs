using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing;

/// <summary>Every bill of random histories, made twice: by the rules, and by a biller that shares no code with them.</summary>
public sealed class IndependentBillerTests
{
    /// <summary>
    /// Every line agrees to the micro-credit, original + corrections = rating from scratch, Σ charges + rounding = revenue, numbers have no
    /// gaps, every entry sums to zero, members' balances are what they were billed and credited. What is compared stands in
    /// <see cref="BillingHistory"/>. Seen to fail with each of these: cancels that leave surged units, reserved units counted, halves rounded up,
    /// a previous epoch without members as basis, κ of one ‰ less, corrections rounded as differences, the exact Σ rounded part by part, no
    /// rounding posted, a member billed again, a report's slices counted in every epoch.
    /// </summary>
    [Fact]
    public void Every_line_agrees() =>
        Gen.Select(Gen.Int[0, int.MaxValue - 1], Gen.Int[1, 12]).Sample((seed, actions) => { BillingHistory.Run(seed, actions); }, iter: 1500);

    /// <summary>The histories are not about nothing.</summary>
    [Fact]
    public void Histories_hold_bills_and_adjustments()
    {
        BillingHistory[] histories = [.. Enumerable.Range(1, 100).Select(seed => BillingHistory.Run(seed, 8))];
        Assert.True(histories.Sum(history => history.Bills) > 400);
        Assert.True(histories.Sum(history => history.Adjustments) > 200);
        Assert.Contains(histories, history => history.Books.Rounding > 0);
        Assert.Contains(histories, history => history.Books.Rounding < 0);
        Assert.Contains(histories, history => history.Books.Commons > 0);
    }

    [Theory]
    [InlineData(5, 2, 2)]
    [InlineData(7, 2, 4)]
    [InlineData(-5, 2, -2)]
    [InlineData(-7, 2, -4)]
    [InlineData(8, 3, 3)]
    [InlineData(-8, 3, -3)]
    public void The_independent_rounding_is_half_to_even(int above, int below, int expected) =>
        Assert.Equal(expected, (int)IndependentBiller.Round(above, below));
}
