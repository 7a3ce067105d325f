namespace CoopGrid.Grains.Ledger;

/// <summary>
/// Books of numbered entries, one for each subject (a proposal, a slot). An entry is stored only if its number is the next one, so a book has one
/// history whoever writes it: of two activations of a grain, the one that has not read what the other wrote is refused.
/// </summary>
public interface IEntryBooks
{
    /// <summary>Appends entries, all or none; they are durable when it returns.</summary>
    /// <param name="after">Number of the last entry that the caller has read; 0 for a book without entries.</param>
    /// <param name="entries">At least one. The first gets the number after <paramref name="after"/>.</param>
    /// <returns>
    /// False: the book's last entry is another one, nothing is written. Somebody else has written, or an earlier append whose outcome was unknown has
    /// arrived: read the book again.
    /// </returns>
    Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation);

    /// <summary>Entries in their order, from the one after <paramref name="after"/> on.</summary>
    /// <param name="limit">At most this many, at least 1.</param>
    Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation);

    /// <summary>Subjects that a co-op has books of one kind about, in byte order.</summary>
    /// <param name="after">The last subject already read; empty to begin.</param>
    /// <param name="limit">At most this many, at least 1.</param>
    Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation);
}

/// <summary>Which book.</summary>
/// <param name="Coop">The co-op.</param>
/// <param name="Kind">What it is about: <c>proposal</c>, <c>slot</c>, ….</param>
/// <param name="Subject">Which of them; unique within co-op and kind.</param>
public readonly record struct BookId(string Coop, string Kind, string Subject)
{
    public override string ToString() => $"{Coop}/{Kind}/{Subject}";
}
