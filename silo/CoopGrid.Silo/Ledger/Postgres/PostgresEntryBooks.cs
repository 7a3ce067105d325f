using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>Books of numbered entries.</summary>
internal sealed class PostgresEntryBooks(PostgresDatabase database) : IEntryBooks
{
    private const string Open = "INSERT INTO book (coop, kind, subject, last) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING RETURNING last";

    // Who waits for the row's lock looks at the number again when it has it.
    private const string Append =
        """
        WITH turned AS (UPDATE book SET last = last + $6 WHERE coop = $1 AND kind = $2 AND subject = $3 AND last = $4 RETURNING 1)
        INSERT INTO book_entry (coop, kind, subject, number, bytes)
        SELECT $1, $2, $3, $4 + entry.place, entry.bytes FROM unnest($5::bytea[]) WITH ORDINALITY AS entry (bytes, place)
        WHERE EXISTS (SELECT FROM turned)
        RETURNING number
        """;

    public async Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entries.Count, 1);
        object[] append = [book.Coop, book.Kind, book.Subject, after, entries.ToArray(), (long)entries.Count];
        object?[] firsts = after == 0
            ? await database.BatchAsync(cancellation, (Open, [book.Coop, book.Kind, book.Subject]), (Append, append))
            : await database.BatchAsync(cancellation, (Append, append));
        return firsts[^1] is not null;
    }

    public async Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await database.QueryAsync(
            "SELECT bytes FROM book_entry WHERE coop = $1 AND kind = $2 AND subject = $3 AND number > $4 ORDER BY number LIMIT $5",
            row => row.GetFieldValue<byte[]>(0), cancellation, book.Coop, book.Kind, book.Subject, after, limit);
    }

    public async Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await database.QueryAsync(
            "SELECT subject FROM book WHERE coop = $1 AND kind = $2 AND subject > $3 AND last > 0 ORDER BY subject LIMIT $4",
            row => row.GetString(0), cancellation, coop, kind, after, limit);
    }
}
