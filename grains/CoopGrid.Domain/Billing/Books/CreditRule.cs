using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Books;

/// <summary>What became of a credit, in order of precedence.</summary>
public enum CreditOutcome : byte
{
    /// <summary>The amount is not above 0.</summary>
    AmountNotPositive = 1,

    /// <summary>No reason was given.</summary>
    ReasonMissing = 2,

    /// <summary>The commons hold less.</summary>
    CommonsShort = 3,

    /// <summary>It is in the books and stands on the member's next bill.</summary>
    Posted = 4,
}

/// <summary>An answer of <see cref="CreditRule"/>; entry and line only if it was posted.</summary>
public sealed record CreditAnswer(CreditOutcome Outcome, JournalEntry? Entry, CreditLine? Line, string Reason = "");

/// <summary>
/// Credits: refunds, shares of the commons, payments (SPEC.md §10). A credit is in the books at once, so that a member's balance is true at
/// any moment; its line on the next bill shows it and is not posted again.
/// </summary>
public static class CreditRule
{
    /// <summary>Most micro-credits of one credit: a thousand million credits, so that a bill with many of them fits 64 bits.</summary>
    public const long MostMicroCredits = 1_000_000_000_000_000;

    /// <summary>Decides one credit.</summary>
    /// <param name="books">The balances before it.</param>
    /// <param name="wanted">The line it would be, with its reason.</param>
    public static CreditAnswer Decide(in Balances books, MemberId member, CreditLine wanted)
    {
        if (wanted.Credit <= 0) return new(CreditOutcome.AmountNotPositive, null, null, "A credit must be above 0 micro-credits; what a member owes is billed.");
        if (string.IsNullOrWhiteSpace(wanted.Reason)) return new(CreditOutcome.ReasonMissing, null, null, "A credit needs a reason: the member will read it on the bill.");
        if (wanted.Source == CreditSource.CommonsShare && books.Commons < wanted.Credit)
            return new(CreditOutcome.CommonsShort, null, null, $"The commons hold {books.Commons} micro-credits, and {wanted.Credit} are asked of them.");

        BooksAccount giver = wanted.Source switch
        {
            CreditSource.Refund => BooksAccount.Revenue,
            CreditSource.CommonsShare => BooksAccount.Commons,
            _ => BooksAccount.Payments,
        };
        var entry = JournalEntry.Of(wanted.Reason, new(BooksAccount.Member, member, wanted.Credit), new(giver, null, -wanted.Credit));
        return new(CreditOutcome.Posted, entry, wanted);
    }

    /// <summary>What the commons pay outside the grid: money that the co-op hands on, as members had paid it in.</summary>
    public static JournalEntry PayOut(long microCredits, string reason) =>
        JournalEntry.Of(reason, new(BooksAccount.Commons, null, -microCredits), new(BooksAccount.Payments, null, microCredits));
}
