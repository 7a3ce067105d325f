using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Books;

/// <summary>Numbers of bills without gaps: whoever makes a bill takes the next and stores both together. <c>default</c> is before the first.</summary>
/// <param name="Last">The last number given.</param>
public readonly record struct BillNumbers(long Last)
{
    public BillNumbers Next => new(Last + 1);
}

/// <summary>
/// The final bill of a member that leaves (SPEC.md §13): rated on the epoch's S and M so far, and its books closed at once, as those
/// figures are nobody else's. <c>Bill.Charges + Rounding = Revenue</c>.
/// </summary>
/// <param name="Bill">Numbered.</param>
/// <param name="Numbers">Afterwards.</param>
/// <param name="Revenue">Micro-credits, <c>round(exact Σ)</c> of the lines that are no credits.</param>
/// <param name="Rounding">Micro-credits that the rounding account pays.</param>
/// <param name="Entry">The bill and its rounding.</param>
public sealed record Settlement(Bill Bill, BillNumbers Numbers, long Revenue, long Rounding, JournalEntry Entry)
{
    /// <inheritdoc cref="BillRule.Project"/>
    public static Settlement Of(BillNumbers numbers, MemberId member, ClassFigures soFar, MemberFigures used, ImmutableArray<BillLine> handedIn)
    {
        Bill bill = BillRule.Project(member, soFar, used, handedIn) with { Number = numbers.Next.Last };
        var revenue = (long)BillPosting.Exact(ExactSum.Zero, bill).Rounded();
        long rounding = revenue - bill.Charges;
        var entry = JournalEntry.Of(
            $"Final bill {bill.Number} for {soFar.Epoch}",
            new(BooksAccount.Member, member, -bill.Charges),
            new(BooksAccount.Revenue, null, revenue),
            new(BooksAccount.Rounding, null, -rounding));
        return new(bill, numbers.Next, revenue, rounding, entry);
    }
}

/// <summary>How a bill stands in the books: its charges, since credits were posted when they were given.</summary>
internal static class BillPosting
{
    public static ExactSum Exact(ExactSum sum, Bill bill)
    {
        foreach (BillLine line in bill.Lines)
        {
            if (line.Kind != BillLineKind.Credit) sum = sum.Plus(line.Exact);
        }

        return sum;
    }

    public static JournalEntry Of(Bill bill) => JournalEntry.Of(
        $"Bill {bill.Number} for {bill.Epoch}",
        new(BooksAccount.Member, bill.Member, -bill.Charges),
        new(BooksAccount.Revenue, null, bill.Charges));
}
