using CoopGrid.LoadTest.Cluster.Asking;
using Npgsql;

namespace CoopGrid.LoadTest.Cluster.MassRecovery;

/// <summary>The database at one moment.</summary>
/// <param name="AtMs">In ms of the run.</param>
/// <param name="Connections">Sessions on the grid's database.</param>
/// <param name="Active">Of these, those that run a statement.</param>
/// <param name="Waiting">Of these, those that wait for a lock.</param>
/// <param name="Transactions">Committed ones since the database was made; each statement of a silo is one. The server counts them with up to a second's delay.</param>
/// <param name="Producer">The state of the producer that is watched: 0 open, 1 sealed, 2 drained.</param>
internal readonly record struct DatabaseSample(double AtMs, long Connections, long Active, long Waiting, long Transactions, int Producer);

/// <summary>Looks at the database five times a second, on a connection of its own.</summary>
internal sealed class DatabaseWatch(string connectionString, long producer, RunClock clock)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private const string Look =
        """
        SELECT count(*), count(*) FILTER (WHERE state = 'active'), count(*) FILTER (WHERE wait_event_type = 'Lock'),
            (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()), (SELECT state FROM coopgrid.producer WHERE producer = $1)
        FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        """;

    private readonly List<DatabaseSample> _samples = [];
    private readonly Lock _lock = new();

    /// <summary>All so far.</summary>
    public IReadOnlyList<DatabaseSample> Samples
    {
        get
        {
            lock (_lock) return [.. _samples];
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(connectionString);
        using var timer = new PeriodicTimer(Every, clock.Time);
        try
        {
            await using NpgsqlConnection connection = await source.OpenConnectionAsync(stop);
            do
            {
                DatabaseSample sample = await SampleAsync(connection, stop);
                lock (_lock) _samples.Add(sample);
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task<DatabaseSample> SampleAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(Look, connection) { Parameters = { new() { Value = producer } } };
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(stop);
        await row.ReadAsync(stop);
        return new(clock.NowMs, row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt16(4));
    }
}
