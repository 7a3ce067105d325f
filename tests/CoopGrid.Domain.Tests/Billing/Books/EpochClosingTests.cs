using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing.Books;

/// <summary>The closing of an epoch; the numbers are EpochClosing's rules. Random closings are in IndependentBillerTests.</summary>
public sealed class EpochClosingTests
{
    private static readonly ClassFigures Figures = Facts.Figures(60, 30, 10, new() { FixedFee = 10, Rate = 1 });

    private static EpochClosing Begun => new() { Figures = Figures, Leavers = default };

    /// <summary>Rules 1 and 2. Seen to fail with a member billed again.</summary>
    [Fact]
    public void A_member_is_billed_once_and_a_repeat_takes_no_number()
    {
        ClosingStep bob = Begun.Next(new(7), Facts.Member("bob"), Facts.Used(20, 10), []);
        Assert.Equal((ClosingOutcome.Billed, 8, 8), (bob.Outcome, bob.Numbers.Last, bob.Bill!.Number));
        foreach (string before in new[] { "bob", "alice", "Zoe" })
        {
            ClosingStep again = bob.Closing.Next(bob.Numbers, Facts.Member(before), Facts.Used(20, 10), []);
            Assert.Equal((ClosingOutcome.BilledBefore, bob.Closing, 8), (again.Outcome, again.Closing, again.Numbers.Last));
            Assert.Equal((null, null), (again.Bill, again.Entry));
        }

        Assert.Equal(9, bob.Closing.Next(bob.Numbers, Facts.Member("carol"), Facts.Used(20, 10), []).Bill!.Number);
    }

    /// <summary>Rule 1: the order is the directory's. Seen to fail by UTF-16, where the fourth name stands before the third.</summary>
    [Fact]
    public void Members_come_in_byte_order()
    {
        (EpochClosing closing, BillNumbers numbers) = (Begun, default);
        foreach (string name in new[] { "Zoe", "zoe", "\uFF5Ezoe", "\U0001F600zoe" })
        {
            ClosingStep step = closing.Next(numbers, Facts.Member(name), Facts.Used(0, 1), []);
            Assert.Equal((name, ClosingOutcome.Billed), (name, step.Outcome));
            (closing, numbers) = (step.Closing, step.Numbers);
        }

        Assert.Equal(4, closing.Bills);
    }

    /// <summary>Rule 3: three members with a third of the fee of 10 each pay 3, and revenue is 10: the rounding account pays 1. Seen to fail without it.</summary>
    [Fact]
    public void The_books_close_to_the_micro_credit()
    {
        ClassFigures figures = Facts.Figures(0, 9, 9, new() { FixedFee = 10 });
        EpochClosing closing = Begun with { Figures = figures };
        (BillNumbers numbers, Balances books) = (default(BillNumbers), default(Balances));
        foreach (string name in new[] { "alice", "bob", "carol" })
        {
            ClosingStep step = closing.Next(numbers, Facts.Member(name), Facts.Used(0, 3), []);
            (closing, numbers, books) = (step.Closing, step.Numbers, books.After(step.Entry!));
        }

        Assert.Equal((3, 9), (closing.Bills, closing.Charges));
        ClosingEnd end = closing.Finish(150);
        Assert.Equal((ClosingOutcome.Finished, 10, 1), (end.Outcome, end.Revenue, end.Rounding));
        foreach (JournalEntry entry in end.Entries) books = books.After(entry);
        Assert.Equal(new Balances(-9, 9, 0, 1, -1), books);
    }

    /// <summary>Rule 4. Seen to fail without the sums.</summary>
    [Theory]
    [InlineData(20, 10, 40, 20, ClosingOutcome.Finished)]
    [InlineData(60, 10, 0, 20, ClosingOutcome.Finished)]
    [InlineData(19, 10, 40, 20, ClosingOutcome.SumsDiffer)]
    [InlineData(20, 10, 40, 19, ClosingOutcome.SumsDiffer)]
    [InlineData(20, 10, 0, 0, ClosingOutcome.SumsDiffer)]
    public void An_epoch_ends_only_when_all_that_used_it_are_billed(long units, long slices, long leftUnits, long leftSlices, ClosingOutcome expected)
    {
        EpochClosing closing = Begun with { Leavers = new(leftUnits, leftSlices, 0) };
        ClosingEnd end = closing.Next(default, Facts.Member("alice"), Facts.Used(units, slices), []).Closing.Finish(0);
        Assert.Equal((expected, expected == ClosingOutcome.SumsDiffer), (end.Outcome, end.Entries.Length == 0 && end.Reason.Length > 0));
    }

    /// <summary>Rule 5: leavers' revenue counts in the share; a loss shares nothing.</summary>
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1000, 0, 30)]
    [InlineData(999, 0, 29)]
    [InlineData(333, 31, 20)]
    [InlineData(1000, -31, 0)]
    public void A_share_of_revenue_goes_to_the_commons(int permille, long leavers, long share)
    {
        EpochClosing closing = Begun with { Leavers = new(60, 20, leavers), Figures = Figures with { Tariff = new() { FixedFee = 30 } } };
        ClosingEnd end = closing.Next(default, Facts.Member("alice"), Facts.Used(0, 10), []).Closing.Finish(permille);
        Balances books = default;
        foreach (JournalEntry entry in end.Entries) books = books.After(entry);
        Assert.Equal((share, -share), ((long)books.Commons, (long)books.Revenue));
        Assert.Throws<ArgumentOutOfRangeException>(() => closing.Finish(1001));
        Assert.Throws<ArgumentOutOfRangeException>(() => closing.Finish(-1));
    }

    /// <summary>What cannot be billed leaves the closing as it was: it is a value.</summary>
    [Fact]
    public void An_overflow_changes_nothing()
    {
        EpochClosing closing = Begun with { Figures = Figures with { Tariff = new() { Rate = 1_000_000_000_000 } } };
        EpochClosing copy = closing with { };
        Assert.Throws<OverflowException>(() => closing.Next(default, Facts.Member("alice"), Facts.Used(1L << 62, 10), []));
        Assert.Equal(copy, closing);
    }
}
