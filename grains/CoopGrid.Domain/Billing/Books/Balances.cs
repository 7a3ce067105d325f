namespace CoopGrid.Domain.Billing.Books;

/// <summary>
/// What the accounts of a co-op hold after some entries, in micro-credits; its members' together. They sum to zero. <c>default</c> is the
/// founding co-op's. 128 bits, as sums over many members are.
/// </summary>
public readonly record struct Balances(Int128 Members, Int128 Revenue, Int128 Payments, Int128 Commons, Int128 Rounding)
{
    /// <summary>Both together, account by account.</summary>
    public Balances Plus(in Balances other) => new(
        Members + other.Members, Revenue + other.Revenue, Payments + other.Payments, Commons + other.Commons, Rounding + other.Rounding);

    /// <summary>The balances after one entry more.</summary>
    public Balances After(JournalEntry entry)
    {
        Balances after = this;
        foreach (Posting posting in entry.Postings)
        {
            after = posting.Account switch
            {
                BooksAccount.Member => after with { Members = after.Members + posting.Amount },
                BooksAccount.Revenue => after with { Revenue = after.Revenue + posting.Amount },
                BooksAccount.Payments => after with { Payments = after.Payments + posting.Amount },
                BooksAccount.Commons => after with { Commons = after.Commons + posting.Amount },
                BooksAccount.Rounding => after with { Rounding = after.Rounding + posting.Amount },
                _ => throw new InvalidOperationException($"Unknown account {posting.Account}."),
            };
        }

        return after;
    }
}
