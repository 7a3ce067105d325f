using CoopGrid.Grains.Ledger;
using Npgsql;
using NpgsqlTypes;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>
/// Commits segments, on a connection of its own (L2).
/// <list type="number">
/// <item>A commit is one statement in one round trip: it advances the producer's position if it is open and at the one before, and only then
/// stores the segment and the directory's rows. No lock outlives it, whatever becomes of this process.</item>
/// <item>If it did not advance, a second statement says why. That one writes too: what it finds may be committed, but still on its way to the
/// standby, and its own commit waits behind it.</item>
/// <item>After any failure the outcome is unknown and the connection is dropped; the next attempt opens another one. The old statement may still run:
/// it holds the row, and whichever comes second does not advance.</item>
/// </list>
/// </summary>
internal sealed class PostgresCommits(NpgsqlDataSource source) : IDisposable
{
    private const string Advance =
        """
        WITH advanced AS (
            UPDATE producer SET position = $2 WHERE producer = $1 AND state = 0 AND position = $2 - 1 RETURNING 1),
        stored AS (
            INSERT INTO segment (producer, position, bytes) SELECT $1, $2, $3 FROM advanced)
        SELECT count(*) FROM advanced
        """;

    private const string AdvanceWithChanges =
        """
        WITH advanced AS (
            UPDATE producer SET position = $2 WHERE producer = $1 AND state = 0 AND position = $2 - 1 RETURNING 1),
        stored AS (
            INSERT INTO segment (producer, position, bytes) SELECT $1, $2, $3 FROM advanced),
        changed AS (
            INSERT INTO member (coop, member, class, status, enrolled_unix_ms, left_unix_ms)
            SELECT row.* FROM advanced, unnest($4, $5, $6, $7, $8, $9) AS row
            ON CONFLICT (coop, member) DO UPDATE SET
                class = excluded.class, status = excluded.status, enrolled_unix_ms = excluded.enrolled_unix_ms, left_unix_ms = excluded.left_unix_ms)
        SELECT count(*) FROM advanced
        """;

    private const string Why =
        """
        UPDATE producer SET position = position WHERE producer = $1
        RETURNING state, position, (SELECT bytes = $3 FROM segment WHERE producer = $1 AND position = $2)
        """;

    private readonly Lock _lock = new();
    private Session? _session;
    private bool _disposed;

    /// <inheritdoc cref="ILedgerStore.Commit"/>
    public CommitResult Commit(Segment segment)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                _session ??= new(source.OpenConnection());
                return _session.Advances(segment) ? CommitResult.Committed : _session.NotAdvanced(segment);
            }
            catch
            {
                _session?.Dispose();
                _session = null;
                throw;
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _session?.Dispose();
        }
    }

    /// <summary>One connection with its prepared statements and their parameters, which are used again and again.</summary>
    private sealed class Session : IDisposable
    {
        private readonly NpgsqlConnection _connection;
        private readonly NpgsqlParameter<long> _producer = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
        private readonly NpgsqlParameter<long> _position = new() { NpgsqlDbType = NpgsqlDbType.Bigint };
        private readonly NpgsqlParameter<ReadOnlyMemory<byte>> _bytes = new() { NpgsqlDbType = NpgsqlDbType.Bytea };
        private readonly NpgsqlCommand _advance;

        public Session(NpgsqlConnection connection)
        {
            _connection = connection;
            _advance = new(Advance, connection) { Parameters = { _producer, _position, _bytes } };
            try
            {
                _advance.Prepare();
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public bool Advances(Segment segment)
        {
            if (segment.Changes.Count > 0) return AdvancesWithChanges(segment);
            (_producer.TypedValue, _position.TypedValue, _bytes.TypedValue) = (segment.Producer, segment.Position, segment.Bytes);
            return _advance.ExecuteScalar() is 1L;
        }

        public CommitResult NotAdvanced(Segment segment)
        {
            using NpgsqlCommand command = Named(Why, segment);
            using NpgsqlDataReader reader = command.ExecuteReader();
            if (!reader.Read()) throw new KeyNotFoundException($"The ledger has no producer {segment.Producer}.");
            if ((ProducerState)reader.GetInt16(0) != ProducerState.Open) return CommitResult.Sealed;
            long position = reader.GetInt64(1);
            bool same = position == segment.Position && !reader.IsDBNull(2) && reader.GetBoolean(2);

            // To its end: only then is the statement committed.
            while (reader.NextResult()) { }
            return same ? CommitResult.Committed : throw new InvalidOperationException(
                $"Segment {segment.Position} does not follow on position {position} of producer {segment.Producer}, or differs from the one there.");
        }

        public void Dispose()
        {
            _advance.Dispose();
            _connection.Dispose();
        }

        private bool AdvancesWithChanges(Segment segment)
        {
            // One statement cannot write a row twice: of two changes of a member the last one stands. By name, so that no two wait for each other.
            DirectoryChange[] changes =
            [
                .. segment.Changes.GroupBy(change => change.Member).Select(same => same.Last())
                    .OrderBy(change => change.Member.Coop, StringComparer.Ordinal).ThenBy(change => change.Member.Member, StringComparer.Ordinal),
            ];
            using NpgsqlCommand command = Named(AdvanceWithChanges, segment);
            command.Parameters.Add(new() { Value = changes.Select(change => change.Member.Coop).ToArray() });
            command.Parameters.Add(new() { Value = changes.Select(change => change.Member.Member).ToArray() });
            command.Parameters.Add(new() { Value = changes.Select(change => change.Class).ToArray() });
            command.Parameters.Add(new() { Value = changes.Select(change => (short)change.Status).ToArray() });
            command.Parameters.Add(new() { Value = changes.Select(change => change.EnrolledUnixMs).ToArray() });
            command.Parameters.Add(new() { Value = changes.Select(change => change.LeftUnixMs).ToArray() });
            return command.ExecuteScalar() is 1L;
        }

        private NpgsqlCommand Named(string sql, Segment segment) => new(sql, _connection)
        {
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = segment.Producer },
                new NpgsqlParameter<long> { TypedValue = segment.Position },
                new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = segment.Bytes, NpgsqlDbType = NpgsqlDbType.Bytea },
            },
        };
    }
}
