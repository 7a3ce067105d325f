using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Books;

/// <summary>
/// The accounts of a co-op's books. The co-op's own is kept in two, so that a payment is not taken for a loss of revenue. A balance above 0
/// is what the account has.
/// </summary>
public enum BooksAccount : byte
{
    /// <summary>One for each member; below 0 it owes.</summary>
    Member = 1,

    /// <summary>The co-op: what it has earned.</summary>
    Revenue = 2,

    /// <summary>The co-op: what members have paid to it outside the grid, below 0.</summary>
    Payments = 3,

    /// <summary>What all share; spent by proposal.</summary>
    Commons = 4,

    /// <summary>What rounding the lines of bills has left over: it pays what lines fall short of revenue.</summary>
    Rounding = 5,
}

/// <summary>One account's part of an entry.</summary>
/// <param name="Account">The account.</param>
/// <param name="Member">Whose, if it is a member's; else null.</param>
/// <param name="Amount">Micro-credits that the account gains; below 0 it gives. Not 0.</param>
public readonly record struct Posting(BooksAccount Account, MemberId? Member, long Amount);

/// <summary>An entry of the books: its postings sum to zero, whoever made it. It is never changed; a mistake is posted back.</summary>
public sealed record JournalEntry
{
    private JournalEntry(string reason, ImmutableArray<Posting> postings)
    {
        Reason = reason;
        Postings = postings;
    }

    /// <summary>For whom it may concern; not empty.</summary>
    public string Reason { get; }

    public ImmutableArray<Posting> Postings { get; }

    /// <summary>Makes an entry of postings; those of 0 are left out.</summary>
    /// <exception cref="InvalidOperationException">They do not sum to zero, or only one of them names a member's account rightly: a rule is wrong.</exception>
    public static JournalEntry Of(string reason, params ReadOnlySpan<Posting> postings)
    {
        Int128 sum = 0;
        ImmutableArray<Posting>.Builder kept = ImmutableArray.CreateBuilder<Posting>(postings.Length);
        foreach (Posting posting in postings)
        {
            sum += posting.Amount;
            if ((posting.Account == BooksAccount.Member) != (posting.Member is not null))
                throw new InvalidOperationException($"A posting to {posting.Account} must {(posting.Member is null ? "" : "not ")}name a member.");
            if (posting.Amount != 0) kept.Add(posting);
        }

        if (sum != 0) throw new InvalidOperationException($"The postings of '{reason}' sum to {sum}, not to zero.");
        return new(reason, kept.DrainToImmutable());
    }

    public bool Equals(JournalEntry? other) => other is not null && Reason == other.Reason && Postings.SequenceEqual(other.Postings);

    public override int GetHashCode() => HashCode.Combine(Reason, Postings.Length);
}
