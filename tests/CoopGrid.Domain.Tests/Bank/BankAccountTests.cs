using CoopGrid.Domain.Bank;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>The bank's books and what covers a request.</summary>
public sealed class BankAccountTests
{
    private static readonly BankAccount Some = new(10, 3, 2, 5, 0, 1, 7);

    [Fact]
    public void Spending_and_giving_back_move_units_and_lose_none()
    {
        Assert.Equal(Some with { Spent = 8, Held = 0 }, Some.Spend(5));
        Assert.Equal(Some with { Spent = 0, Held = 8 }, Some.GiveBack(3));
        Assert.Equal(Some, Some.Spend(4).GiveBack(4));
    }

    [Fact]
    public void No_more_than_is_held_is_spent_and_no_more_than_was_spent_comes_back()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Some.Spend(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => Some.Spend(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Some.GiveBack(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => Some.GiveBack(-1));
    }

    /// <summary>Seen to fail with each part of the check taken out.</summary>
    [Fact]
    public void Books_that_do_not_close_are_not_used()
    {
        BankAccount[] wrong =
        [
            Some with { Saved = 11 }, Some with { Held = 6 }, Some with { Spent = -1, Held = 9 }, Some with { Decayed = -1, Held = 8 },
            Some with { Held = -1, Spent = 9 }, Some with { CarriedParts = -1 }, Some with { CarriedParts = 1000 },
        ];
        var history = new BankHistory(new(0, false, 0, 1, new()));
        foreach (BankAccount account in wrong)
        {
            Assert.Throws<InvalidOperationException>(() => account.Checked());
            Assert.Throws<InvalidOperationException>(() => BankRule.Settle(account, history, []));
        }

        Assert.Equal(default, default(BankAccount).Checked());
    }

    [Theory]
    [InlineData(true, 3, 3, 3, 2000, 9, 0, 0, 0, 0)]
    [InlineData(false, 3, 3, 3, 2000, 0, 3, 3, 3, 0)]
    [InlineData(false, 3, 3, 2, 2000, 0, 3, 3, 2, 1)]
    [InlineData(false, 3, 3, 3, 1000, 0, 3, 3, 0, 3)]
    [InlineData(false, 10, 3, 3, 2000, 0, 9, 0, 0, 0)]
    [InlineData(false, 0, 10, 3, 2000, 0, 0, 9, 0, 0)]
    [InlineData(false, 0, 0, 10, 1001, 0, 0, 0, 9, 0)]
    [InlineData(false, 0, 0, 0, 1000, 0, 0, 0, 0, 9)]
    public void Nine_units_are_covered_in_order(
        bool exempt, long reserved, long baseline, long held, int multiplier, long e, long r, long b, long k, long s) =>
        Assert.Equal(new Covered(e, r, b, k, s), Covering.Of(9, new(exempt, reserved, baseline, held, multiplier)));

    /// <summary>Seen to fail with the bank before the baseline.</summary>
    [Fact]
    public void A_later_source_is_used_once_earlier_ones_are_used_up() =>
        Gen.Select(Gen.Long[0, 9], Gen.Long[0, 5], Gen.Long[0, 5], Gen.Long[0, 5], Gen.Int[999, 1002]).Sample(
            (units, reserved, baseline, held, multiplier) =>
            {
                // Unit by unit, each from the first source that has one.
                var expected = default(Covered);
                for (int i = 0; i < units; i++)
                {
                    if (expected.Reserved < reserved) expected = expected with { Reserved = expected.Reserved + 1 };
                    else if (expected.Baseline < baseline) expected = expected with { Baseline = expected.Baseline + 1 };
                    else if (expected.Banked < held && multiplier > 1000) expected = expected with { Banked = expected.Banked + 1 };
                    else expected = expected with { Surged = expected.Surged + 1 };
                }

                Assert.Equal(expected, Covering.Of(units, new(false, reserved, baseline, held, multiplier)));
            },
            iter: 2000);
}
