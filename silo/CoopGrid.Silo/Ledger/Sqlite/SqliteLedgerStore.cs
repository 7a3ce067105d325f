using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>The ledger in SQLite, for one silo that holds the data folder's lock.</summary>
internal sealed class SqliteLedgerStore(SqliteDatabase database, TimeProvider clock, SegmentsKept kept) : ILedgerStore, ILedgerArchive
{
    private const string Columns = "producer, state, position, first_kept, silo, membership_version, opened_unix_ms";

    public Task<ProducerRow> OpenProducerAsync(SiloName silo, CancellationToken cancellation)
    {
        long now = Instant.Now(clock).UnixMs;
        return database.WriteAsync(session =>
        {
            session.Execute("UPDATE producer SET state = 1 WHERE state = 0");
            return session.Query(
                $"""
                INSERT INTO producer (state, position, first_kept, silo, membership_version, opened_unix_ms)
                VALUES (0, 0, 1, $silo, $version, $now) RETURNING {Columns}
                """,
                Producer, ("$silo", silo.Address), ("$version", silo.MembershipVersion), ("$now", now))[0];
        });
    }

    public CommitResult Commit(Segment segment) => database.Commit(session =>
    {
        int advanced = session.Execute(
            "UPDATE producer SET position = $position WHERE producer = $producer AND state = 0 AND position = $position - 1",
            ("$position", segment.Position), ("$producer", segment.Producer));
        if (advanced == 0) return NotAdvanced(session, segment);
        session.Execute(
            "INSERT INTO segment (producer, position, bytes) VALUES ($producer, $position, $bytes)",
            ("$producer", segment.Producer), ("$position", segment.Position), ("$bytes", segment.Bytes.ToArray()));
        foreach (DirectoryChange change in segment.Changes) SqliteMemberDirectory.Apply(session, change);
        return CommitResult.Committed;
    });

    public Task<ProducerRow> SealAsync(long producer, CancellationToken cancellation) => database.WriteAsync(session =>
    {
        session.Execute("UPDATE producer SET state = 1 WHERE producer = $producer AND state = 0", ("$producer", producer));
        return Find(session, producer);
    });

    public Task<IReadOnlyList<ProducerRow>> ListProducersAsync(CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<ProducerRow>>(
        session => session.Query($"SELECT {Columns} FROM producer ORDER BY producer", Producer), cancellation);

    public Task MarkDrainedAsync(long producer, CancellationToken cancellation) => database.WriteAsync(session =>
    {
        if (Find(session, producer).State == ProducerState.Open)
            throw new InvalidOperationException($"Producer {producer} is open; seal it before it is drained.");
        return session.Execute("UPDATE producer SET state = 2 WHERE producer = $producer", ("$producer", producer));
    });

    public Task<IReadOnlyList<SegmentRow>> ReadAsync(long producer, long afterPosition, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(afterPosition);
        return database.ReadAsync<IReadOnlyList<SegmentRow>>(session => Read(session, producer, afterPosition, limit), cancellation);
    }

    public Task<IReadOnlyList<SegmentRow>> ReadKeptAsync(long producer, long afterPosition, int limit, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<SegmentRow>>(session => Segments(session, producer, afterPosition, limit), cancellation);

    public async Task DeleteAsync(long producer, long upToPosition, CancellationToken cancellation)
    {
        Instant now = Instant.Now(clock);
        await database.WriteAsync(session =>
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(upToPosition, Find(session, producer).Position);
            session.Execute(
                """
                INSERT INTO let_go (producer, hour, position) VALUES ($producer, $hour, $upTo)
                ON CONFLICT (producer, hour) DO UPDATE SET position = max(position, $upTo)
                """,
                ("$producer", producer), ("$hour", SegmentsKept.HourOf(now)), ("$upTo", upToPosition));
            return session.Execute(
                "UPDATE producer SET first_kept = max(first_kept, $upTo + 1) WHERE producer = $producer",
                ("$upTo", upToPosition), ("$producer", producer));
        });

        // What a crash leaves behind goes with the next deletion.
        List<(long Producer, long Hour, long UpTo)> due = await database.ReadAsync(
            session => session.Query(
                "SELECT producer, hour, position FROM let_go WHERE hour <= $hour",
                row => (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), ("$hour", kept.LastDue(now))),
            cancellation);
        foreach ((long of, long hour, long upTo) in due) await DeleteAsync(of, hour, upTo, cancellation);
    }

    private async Task DeleteAsync(long producer, long hour, long upTo, CancellationToken cancellation)
    {
        // A few at a time, so that commits in between do not wait.
        while (await database.WriteAsync(session => session.Execute(
            """
            DELETE FROM segment WHERE rowid IN (
                SELECT rowid FROM segment WHERE producer = $producer AND position <= $upTo ORDER BY position LIMIT 64)
            """,
            ("$producer", producer), ("$upTo", upTo))) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
        }

        // More may have been let go in this hour meanwhile.
        await database.WriteAsync(session => session.Execute(
            "DELETE FROM let_go WHERE producer = $producer AND hour = $hour AND position = $upTo",
            ("$producer", producer), ("$hour", hour), ("$upTo", upTo)));
    }

    private static CommitResult NotAdvanced(SqliteSession session, Segment segment)
    {
        ProducerRow row = Find(session, segment.Producer);
        if (row.State != ProducerState.Open) return CommitResult.Sealed;
        bool same = row.Position == segment.Position
            && session.Scalar(
                "SELECT bytes FROM segment WHERE producer = $producer AND position = $position",
                ("$producer", segment.Producer), ("$position", segment.Position)) is byte[] stored
            && segment.Bytes.Span.SequenceEqual(stored);
        return same ? CommitResult.Committed : throw new InvalidOperationException(
            $"Segment {segment.Position} does not follow on position {row.Position} of producer {segment.Producer}, or differs from the one there.");
    }

    private static List<SegmentRow> Read(SqliteSession session, long producer, long after, int limit)
    {
        // One transaction, so that a deletion in between is seen by both statements or by none.
        session.Execute("BEGIN");
        ProducerRow row = Find(session, producer);
        bool isThere = after + 1 >= row.FirstKept;
        List<SegmentRow> rows = isThere ? Segments(session, producer, after, limit) : [];
        session.Execute("COMMIT");

        if (!isThere) throw new LedgerGapException(producer, after, row.FirstKept);
        long expected = Math.Max(0, Math.Min(limit, row.Position - after));
        for (int i = 0; i < expected; i++)
        {
            long position = after + 1 + i;
            if (i >= rows.Count || rows[i].Position != position) throw new LedgerCorruptException(producer, position, "it is missing.");
        }

        return rows;
    }

    private static List<SegmentRow> Segments(SqliteSession session, long producer, long after, int limit) => session.Query(
        "SELECT position, bytes FROM segment WHERE producer = $producer AND position > $after ORDER BY position LIMIT $limit",
        found => new SegmentRow(producer, found.GetInt64(0), found.GetFieldValue<byte[]>(1)),
        ("$producer", producer), ("$after", after), ("$limit", limit));

    private static ProducerRow Find(SqliteSession session, long producer)
    {
        List<ProducerRow> rows = session.Query($"SELECT {Columns} FROM producer WHERE producer = $producer", Producer, ("$producer", producer));
        return rows.Count == 1 ? rows[0] : throw new KeyNotFoundException($"The ledger has no producer {producer}.");
    }

    private static ProducerRow Producer(SqliteDataReader row) => new(
        row.GetInt64(0), (ProducerState)row.GetByte(1), row.GetInt64(2), row.GetInt64(3),
        new(row.GetString(4), row.GetInt64(5)), row.GetInt64(6));
}
