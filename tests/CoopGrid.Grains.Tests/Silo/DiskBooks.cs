using CoopGrid.Grains.Ledger;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>Books of numbered entries on a <see cref="Disk"/>.</summary>
internal sealed class DiskBooks(Disk disk, Power power) : IEntryBooks
{
    public Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation) => Locked(() =>
    {
        if (!disk.Books.TryGetValue(book, out List<byte[]>? stored)) stored = [];
        if (stored.Count != after) return false;
        stored.AddRange(entries);
        disk.Books[book] = stored;
        return true;
    });

    public Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation) =>
        Locked<IReadOnlyList<byte[]>>(() => disk.Books.TryGetValue(book, out List<byte[]>? stored) ? [.. stored.Skip((int)after).Take(limit)] : []);

    public Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation) =>
        Locked<IReadOnlyList<string>>(() =>
        [
            .. disk.Books.Keys
                .Where(book => book.Coop == coop && book.Kind == kind && string.CompareOrdinal(book.Subject, after) > 0)
                .Select(book => book.Subject)
                .Order(StringComparer.Ordinal)
                .Take(limit),
        ]);

    private Task<T> Locked<T>(Func<T> work)
    {
        power.Check();
        lock (disk.Lock) return Task.FromResult(work());
    }
}
