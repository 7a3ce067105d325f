using System.Numerics;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing.Books;

/// <summary>Double entry, credits and exact sums.</summary>
public sealed class BooksTests
{
    private static readonly MemberId Alice = Facts.Member("alice");

    /// <summary>Seen to fail without the sum.</summary>
    [Fact]
    public void An_entry_that_does_not_sum_to_zero_cannot_be_made()
    {
        Assert.Throws<InvalidOperationException>(() => JournalEntry.Of("wrong", new(BooksAccount.Member, Alice, -5), new(BooksAccount.Revenue, null, 4)));
        Assert.Throws<InvalidOperationException>(() => JournalEntry.Of("nobody's", new(BooksAccount.Member, null, -5), new(BooksAccount.Revenue, null, 5)));
        Assert.Throws<InvalidOperationException>(() => JournalEntry.Of("everybody's", new(BooksAccount.Commons, Alice, -5), new(BooksAccount.Revenue, null, 5)));

        // Nearly ±2⁶³ in two postings each: 64 bits would not hold the sum on its way.
        Posting[] large =
        [
            new(BooksAccount.Revenue, null, long.MaxValue),
            new(BooksAccount.Commons, null, long.MaxValue),
            new(BooksAccount.Payments, null, -long.MaxValue),
            new(BooksAccount.Rounding, null, -long.MaxValue),
        ];
        Assert.Equal(4, JournalEntry.Of("large", large).Postings.Length);
        Assert.Empty(JournalEntry.Of("nothing", new Posting(BooksAccount.Revenue, null, 0)).Postings);
    }

    /// <summary>Outcomes in their order; a refusal gives no entry.</summary>
    [Theory]
    [InlineData(CreditSource.CommonsShare, 0, "", CreditOutcome.AmountNotPositive)]
    [InlineData(CreditSource.Payment, -1, "paid", CreditOutcome.AmountNotPositive)]
    [InlineData(CreditSource.CommonsShare, 101, " ", CreditOutcome.ReasonMissing)]
    [InlineData(CreditSource.CommonsShare, 101, "lamps", CreditOutcome.CommonsShort)]
    [InlineData(CreditSource.CommonsShare, 100, "lamps", CreditOutcome.Posted)]
    [InlineData(CreditSource.Payment, 101, "transfer 7", CreditOutcome.Posted)]
    [InlineData(CreditSource.Refund, 101, "an outage", CreditOutcome.Posted)]
    public void A_credit_is_posted_or_refused_with_a_reason(CreditSource source, long credit, string reason, CreditOutcome expected)
    {
        Balances books = default(Balances) with { Commons = 100, Revenue = -100 };
        var wanted = new CreditLine { Epoch = new(Facts.Homes, 1), PolicyVersion = 1, Source = source, Credit = credit, Reason = reason };
        CreditAnswer answer = CreditRule.Decide(books, Alice, wanted);
        Assert.Equal(expected, answer.Outcome);
        if (expected != CreditOutcome.Posted)
        {
            Assert.Equal((null, null), (answer.Entry, answer.Line));
            Assert.NotEmpty(answer.Reason);
            return;
        }

        Balances after = books.After(answer.Entry!);
        Assert.Equal((credit, 0), (after.Members, after.Members + after.Revenue + after.Payments + after.Commons + after.Rounding));
        Int128 given = source switch
        {
            CreditSource.Refund => books.Revenue - after.Revenue,
            CreditSource.CommonsShare => books.Commons - after.Commons,
            _ => books.Payments - after.Payments,
        };
        Assert.Equal((credit, -credit), (given, answer.Line!.Amount));
    }

    /// <summary>ExactSum, rule 2: in any order the exact sum, and few parts. Seen to fail with parts rounded one by one.</summary>
    [Fact]
    public void An_exact_sum_is_exact_in_any_order() =>
        Gen.Select(Gen.Long, Gen.Int[0, 4]).Array[0, 50].Sample(
            amounts =>
            {
                BigInteger[] denominators = [1, 744, 1000, 743_999_000, 6 * 744_000];
                var plain = new PlainSum();
                ExactSum sum = ExactSum.Zero, backwards = ExactSum.Zero;
                foreach ((long amount, int place) in amounts)
                {
                    plain.Add(amount, denominators[place]);
                    sum = sum.Plus(new(amount, denominators[place]));
                }

                foreach ((long amount, int place) in amounts.Reverse()) backwards = backwards.Plus(new(amount, denominators[place]));
                Assert.Equal(plain.Rounded, (BigInteger)sum.Rounded());
                Assert.Equal(sum.Parts, sum.Parts.Select(part => ExactAmount.Parse(part.ToString())));
                Assert.Equal(sum, backwards);
                Assert.True(sum.Parts.Length <= denominators.Length);
            },
            iter: 500);

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5/0")]
    [InlineData("5/-2")]
    [InlineData("1/2/3")]
    [InlineData("x/2")]
    public void What_is_no_fraction_is_not_read(string text) => Assert.Throws<FormatException>(() => ExactAmount.Parse(text));

    /// <summary>A member that leaves halfway: 2.5 of the fee and a surcharge of 0.5 are both rounded down, and the rounding account pays the whole one.</summary>
    [Fact]
    public void A_final_bill_closes_its_own_books()
    {
        ClassFigures soFar = Facts.Figures(30, 15, 10, new() { FixedFee = 5, Rate = 1 });
        Settlement settlement = Settlement.Of(new(41), Alice, soFar, Facts.Used(12, 5, new SurgedUnits(1, 1500, 1)), []);
        Assert.Equal([2L, 2, 0], settlement.Bill.Lines.Select(line => line.Amount));
        Assert.Equal((42, 42, 4, 5, 1), (settlement.Bill.Number, settlement.Numbers.Last, settlement.Bill.Charges, settlement.Revenue, settlement.Rounding));
        Assert.Equal(new Balances(-4, 5, 0, 0, -1), default(Balances).After(settlement.Entry));
    }

    /// <summary>
    /// The same in its epoch's books: the whole revenue has its share for the commons, and the rounding is an entry beside the bill. Seen to fail with the bill's charges
    /// for the revenue, and without the entry.
    /// </summary>
    [Fact]
    public void What_a_final_bill_was_rounded_by_is_in_its_epochs_books()
    {
        ClassFigures soFar = Facts.Figures(30, 15, 10, new() { FixedFee = 5, Rate = 1 });
        var books = new EpochBooks { Epoch = soFar.Epoch, Span = new(soFar.Epoch.Number, Instant.FromUnixMs(0), Instant.FromUnixMs(10_000)) };
        EpochStep step = books.Settle(Alice, soFar, Facts.Used(12, 5, new SurgedUnits(1, 1500, 1)), []);
        Assert.Equal(new Leavers(12, 5, 5), step.Books.Leavers);
        Assert.Equal(4, Assert.Single(step.Bills).Charges);
        Assert.Equal(new Balances(0, 1, 0, 0, -1), default(Balances).After(Assert.Single(step.Entries)));
    }
}
