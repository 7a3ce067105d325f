using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>The ledger in PostgreSQL, for any number of silos. Opening a producer seals nobody: who may be sealed, the membership says (L4a).</summary>
internal sealed class PostgresLedgerStore(PostgresDatabase database, PostgresCommits commits, TimeProvider clock, SegmentsKept kept)
    : ILedgerStore, ILedgerArchive
{
    private const string Columns = "producer, state, position, first_kept, silo, membership_version, opened_unix_ms";
    private const int DeletedAtOnce = 512;

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(1);

    // The grid's row stays locked until the producer's is committed: numbers become visible in order.
    public async Task<ProducerRow> OpenProducerAsync(SiloName silo, CancellationToken cancellation) => (await database.QueryAsync(
        $"""
        WITH next AS (UPDATE grid SET last_producer = last_producer + 1 RETURNING last_producer)
        INSERT INTO producer (producer, state, position, first_kept, silo, membership_version, opened_unix_ms)
        SELECT last_producer, 0, 0, 1, $1, $2, $3 FROM next
        RETURNING {Columns}
        """,
        Producer, cancellation, silo.Address, silo.MembershipVersion, Instant.Now(clock).UnixMs))[0];

    public CommitResult Commit(Segment segment) => commits.Commit(segment);

    /// <summary>
    /// A silo may freeze while its commit holds the row's lock. So, every second that the lock is not to be had, the backends that hold it are ended if
    /// they are a ledger's; what they had not committed is undone.
    /// </summary>
    public async Task<ProducerRow> SealAsync(long producer, CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = await database.OpenAsync(cancellation);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task watching = EndBlockers(connection.ProcessID, done.Token);
        try
        {
            return await SealAsync(connection, producer, cancellation) ?? throw Unknown(producer);
        }
        finally
        {
            // If it failed, so did the sealing, which waited in vain.
            await done.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task<IReadOnlyList<ProducerRow>> ListProducersAsync(CancellationToken cancellation) =>
        await database.QueryAsync($"SELECT {Columns} FROM producer ORDER BY producer", Producer, cancellation);

    public async Task MarkDrainedAsync(long producer, CancellationToken cancellation)
    {
        if (await database.ExecuteAsync("UPDATE producer SET state = 2 WHERE producer = $1 AND state > 0", cancellation, producer) == 1) return;
        _ = await Find(producer, cancellation);
        throw new InvalidOperationException($"Producer {producer} is open; seal it before it is drained.");
    }

    public async Task<IReadOnlyList<SegmentRow>> ReadAsync(long producer, long afterPosition, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(afterPosition);

        // One statement, so that a deletion in between is seen by both halves or by none.
        List<(long Position, long FirstKept, SegmentRow? Segment)> rows = await database.QueryAsync(
            """
            SELECT p.position, p.first_kept, s.position, s.bytes
            FROM producer p LEFT JOIN LATERAL (
                SELECT position, bytes FROM segment WHERE producer = $1 AND position > $2 ORDER BY position LIMIT $3) s ON true
            WHERE p.producer = $1
            ORDER BY s.position
            """,
            row => (row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? (SegmentRow?)null : new(producer, row.GetInt64(2), row.GetFieldValue<byte[]>(3))),
            cancellation, producer, afterPosition, limit);
        if (rows.Count == 0) throw Unknown(producer);
        if (afterPosition + 1 < rows[0].FirstKept) throw new LedgerGapException(producer, afterPosition, rows[0].FirstKept);

        var segments = rows.Where(row => row.Segment is not null).Select(row => row.Segment!.Value).ToList();
        long expected = Math.Max(0, Math.Min(limit, rows[0].Position - afterPosition));
        for (int i = 0; i < expected; i++)
        {
            long position = afterPosition + 1 + i;
            if (i >= segments.Count || segments[i].Position != position) throw new LedgerCorruptException(producer, position, "it is missing.");
        }

        return segments;
    }

    public async Task DeleteAsync(long producer, long upToPosition, CancellationToken cancellation)
    {
        // A commit in between may make a position valid that was not: nothing is deleted before it is on record.
        while (await database.ExecuteAsync(
            "UPDATE producer SET first_kept = greatest(first_kept, $2 + 1) WHERE producer = $1 AND position >= $2", cancellation, producer, upToPosition) == 0)
        {
            // Also if it has got that far by now: nothing goes of which the row does not say that it is gone.
            throw new ArgumentOutOfRangeException(nameof(upToPosition), upToPosition, $"Producer {producer} is at {(await Find(producer, cancellation)).Position} only.");
        }

        Instant now = Instant.Now(clock);
        await database.ExecuteAsync(
            """
            INSERT INTO let_go AS known (producer, hour, position) VALUES ($1, $2, $3)
            ON CONFLICT (producer, hour) DO UPDATE SET position = greatest(known.position, $3)
            """,
            cancellation, producer, SegmentsKept.HourOf(now), upToPosition);

        // What a crash left behind goes with the next deletion, whoever's it is.
        List<(long Producer, long Hour, long UpTo)> due = await database.QueryAsync(
            "SELECT producer, hour, position FROM let_go WHERE hour <= $1",
            row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), cancellation, kept.LastDue(now));
        foreach ((long of, long hour, long upTo) in due) await DeleteAsync(of, hour, upTo, cancellation);
    }

    public async Task<IReadOnlyList<SegmentRow>> ReadKeptAsync(long producer, long afterPosition, int limit, CancellationToken cancellation) =>
        await database.QueryAsync(
            "SELECT position, bytes FROM segment WHERE producer = $1 AND position > $2 ORDER BY position LIMIT $3",
            row => new SegmentRow(producer, row.GetInt64(0), row.GetFieldValue<byte[]>(1)), cancellation, producer, afterPosition, limit);

    private async Task DeleteAsync(long producer, long hour, long upTo, CancellationToken cancellation)
    {
        // A few at a time, and from the lowest one that is there.
        object? lowest = await database.ScalarAsync("SELECT min(position) FROM segment WHERE producer = $1", cancellation, producer);
        for (long from = lowest is long first ? first : upTo + 1; from <= upTo; from += DeletedAtOnce)
        {
            await database.ExecuteAsync(
                "DELETE FROM segment WHERE producer = $1 AND position BETWEEN $2 AND $3",
                cancellation, producer, from, Math.Min(upTo, from + DeletedAtOnce - 1));
        }

        // More may have been let go in this hour meanwhile.
        await database.ExecuteAsync("DELETE FROM let_go WHERE producer = $1 AND hour = $2 AND position = $3", cancellation, producer, hour, upTo);
    }

    private static async Task<ProducerRow?> SealAsync(NpgsqlConnection connection, long producer, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"UPDATE producer SET state = greatest(state, 1) WHERE producer = $1 RETURNING {Columns}", connection);
        command.Parameters.Add(new() { Value = producer });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Producer(reader) : null;
    }

    private async Task EndBlockers(int waiting, CancellationToken done)
    {
        using var patience = new PeriodicTimer(LockPatience, clock);
        while (await patience.WaitForNextTickAsync(done))
        {
            await database.ExecuteAsync(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE pid = ANY (pg_blocking_pids($1)) AND datname = current_database() AND application_name = $2
                """,
                done, waiting, PostgresConnections.LedgerName);
        }
    }

    private async Task<ProducerRow> Find(long producer, CancellationToken cancellation) =>
        await database.FindAsync($"SELECT {Columns} FROM producer WHERE producer = $1", Producer, cancellation, producer) ?? throw Unknown(producer);

    private static KeyNotFoundException Unknown(long producer) => new($"The ledger has no producer {producer}.");

    private static ProducerRow Producer(NpgsqlDataReader row) => new(
        row.GetInt64(0), (ProducerState)row.GetInt16(1), row.GetInt64(2), row.GetInt64(3),
        new(row.GetString(4), row.GetInt64(5)), row.GetInt64(6));
}
