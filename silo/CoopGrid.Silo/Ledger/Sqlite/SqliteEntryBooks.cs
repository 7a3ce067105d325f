using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>Books of numbered entries in the ledger's database.</summary>
internal sealed class SqliteEntryBooks(SqliteDatabase database) : IEntryBooks
{
    public Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entries.Count, 1);
        return database.WriteAsync(session =>
        {
            object? last = session.Scalar(
                "SELECT max(number) FROM book_entry WHERE coop = $coop AND kind = $kind AND subject = $subject",
                ("$coop", book.Coop), ("$kind", book.Kind), ("$subject", book.Subject));
            if ((last as long? ?? 0) != after) return false;
            for (int i = 0; i < entries.Count; i++)
            {
                session.Execute(
                    "INSERT INTO book_entry (coop, kind, subject, number, bytes) VALUES ($coop, $kind, $subject, $number, $bytes)",
                    ("$coop", book.Coop), ("$kind", book.Kind), ("$subject", book.Subject), ("$number", after + 1 + i), ("$bytes", entries[i]));
            }

            return true;
        });
    }

    public Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ReadAsync<IReadOnlyList<byte[]>>(
            session => session.Query(
                """
                SELECT bytes FROM book_entry
                WHERE coop = $coop AND kind = $kind AND subject = $subject AND number > $after ORDER BY number LIMIT $limit
                """,
                row => row.GetFieldValue<byte[]>(0),
                ("$coop", book.Coop), ("$kind", book.Kind), ("$subject", book.Subject), ("$after", after), ("$limit", limit)),
            cancellation);
    }

    public Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ReadAsync<IReadOnlyList<string>>(
            session => session.Query(
                "SELECT subject FROM book_entry WHERE coop = $coop AND kind = $kind AND subject > $after AND number = 1 ORDER BY subject LIMIT $limit",
                row => row.GetString(0),
                ("$coop", coop), ("$kind", kind), ("$after", after), ("$limit", limit)),
            cancellation);
    }
}
