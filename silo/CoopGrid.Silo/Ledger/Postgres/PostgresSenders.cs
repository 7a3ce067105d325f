using CoopGrid.Grains.Ledger;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>
/// Senders, and a list of the changes of their bindings that every silo reads. A change gets its number under the lock of one row, in its own
/// transaction, so numbers become visible in order. Changes are kept for ten minutes, or while there are at most 100,000.
/// </summary>
internal sealed class PostgresSenders(PostgresDatabase database) : PostgresNames(database, "sender")
{
    /// <summary>Who is further behind than this forgets everything at once.</summary>
    private const int MostTold = 10_000;

    private const long MostKept = 100_000;
    private const long PruneEvery = 1_024;

    public async Task<SenderChanges> ReadChangesAsync(long afterVersion, CancellationToken cancellation)
    {
        var rows = await Database.QueryAsync(
            """
            SELECT h.version, h.first_kept, c.coop, c.sender
            FROM sender_head h LEFT JOIN LATERAL (
                SELECT version, coop, sender FROM sender_change WHERE version > $1 ORDER BY version LIMIT $2) c ON true
            ORDER BY c.version
            """,
            row => (Version: row.GetInt64(0), FirstKept: row.GetInt64(1), Change: Change(row)), cancellation, afterVersion, MostTold);
        (long version, long firstKept, _) = rows[0];

        // A version beyond the newest one is another database's, of before a restore.
        bool complete = afterVersion <= version && afterVersion >= firstKept - 1 && version - afterVersion <= MostTold;
        return new(version, complete, complete ? [.. rows.Where(row => row.Change is not null).Select(row => row.Change!.Value)] : []);
    }

    protected override async Task<bool> Noted(string change, string coop, string name, string member, CancellationToken cancellation)
    {
        object? version = await Database.ScalarAsync(
            $"""
            WITH changed AS ({change} RETURNING 1),
            head AS (UPDATE sender_head SET version = version + 1 WHERE EXISTS (SELECT FROM changed) RETURNING version)
            INSERT INTO sender_change (version, coop, sender, made) SELECT version, $1, $2, clock_timestamp() FROM head
            RETURNING version
            """,
            cancellation, coop, name, member);
        if (version is long number && number % PruneEvery == 0) await PruneAsync(number, cancellation);
        return version is not null;
    }

    private Task<int> PruneAsync(long version, CancellationToken cancellation) => Database.ExecuteAsync(
        """
        WITH gone AS (
            DELETE FROM sender_change WHERE version <= $1 OR made < clock_timestamp() - interval '10 minutes' RETURNING version)
        UPDATE sender_head SET first_kept = greatest(first_kept, (SELECT max(version) FROM gone) + 1) WHERE EXISTS (SELECT FROM gone)
        """,
        cancellation, version - MostKept);

    private static (string Coop, string Sender)? Change(NpgsqlDataReader row) => row.IsDBNull(2) ? null : (row.GetString(2), row.GetString(3));
}
