using CoopGrid.LoadTest.Cluster;
using CoopGrid.Silo.Ledger;
using CoopGrid.Silo.Ledger.Postgres;
using CoopGrid.Silo.Tests.Ledger.Postgres;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace CoopGrid.Silo.Tests.Ledger.Postgres;

/// <summary>The private server that all tests of a run share; it is started by the first that asks for it, and ends with the run.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly Lazy<PrivatePostgres> Shared = new(() => Task.Run(() => PrivatePostgres.StartNewAsync()).GetAwaiter().GetResult());

    /// <summary>A database that is migrated; others are copied from it, which takes a tenth of the time.</summary>
    private static readonly Lazy<string> Migrated = new(() =>
    {
        const string name = "migrated";
        Run($"CREATE DATABASE {name}");
        PostgresStorage.Open(Shared.Value.ConnectionString(name), TimeProvider.System).Dispose();
        return name;
    });

    private static int _databases;

    public static PrivatePostgres Running => Shared.Value;

    /// <summary>Makes a database and returns its name.</summary>
    public static string NewDatabase(bool empty)
    {
        string name = $"test{Interlocked.Increment(ref _databases)}";
        Run(empty ? $"CREATE DATABASE {name}" : $"CREATE DATABASE {name} TEMPLATE {Migrated.Value}");
        return name;
    }

    /// <summary>Removes a database with whoever is in it.</summary>
    public static void Drop(string database) => Run($"DROP DATABASE {database} WITH (FORCE)");

    /// <summary>Removes a database that may never have been made.</summary>
    public static void DropIfThere(string database) => Run($"DROP DATABASE IF EXISTS {database} WITH (FORCE)");

    public async ValueTask DisposeAsync()
    {
        if (Shared.IsValueCreated) await Shared.Value.DisposeAsync();
    }

    private static void Run(string sql)
    {
        using var connection = new NpgsqlConnection($"{Shared.Value.ConnectionString()};Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}

/// <summary>A database of its own in the tests' server.</summary>
public sealed class PostgresStores : StoresUnderTest
{
    private PostgresStorage? _storage;

    public PostgresStores()
        : this(empty: false)
    {
    }

    private PostgresStores(bool empty) => Database = PostgresServer.NewDatabase(empty);

    public static PrivatePostgres Server => PostgresServer.Running;

    public string Database { get; }

    /// <summary>A database without any schema of ours.</summary>
    public static PostgresStores Empty() => new(empty: true);

    public string ConnectionString => Server.ConnectionString(Database);

    /// <summary>Opened when it is first asked for.</summary>
    public override GridStorage Storage => _storage ??= PostgresStorage.Open(ConnectionString, Clock, Kept);

    /// <summary>Another silo's view of the same database, by the real clock.</summary>
    public PostgresStorage OpenAnother() => PostgresStorage.Open(ConnectionString, TimeProvider.System);

    /// <summary>Runs SQL beside the store; the rows, a line each.</summary>
    public async Task<string> Query(string sql) => (await Server.QueryAsync(Database, sql)).Trim();

    /// <summary>Lets nobody into the database, and ends who is in it.</summary>
    public async Task CloseAsync()
    {
        await Server.QueryAsync("postgres", $"ALTER DATABASE {Database} WITH ALLOW_CONNECTIONS false");
        await Server.QueryAsync("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{Database}'");
    }

    /// <summary>Lets everybody in again.</summary>
    public Task OpenAsync() => Server.QueryAsync("postgres", $"ALTER DATABASE {Database} WITH ALLOW_CONNECTIONS true");

    public override Task UntilListening() => Until("LISTEN", "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND state = 'idle' AND datname = current_database()", "1");

    /// <summary>Until a backend has waited for a lock for so many seconds.</summary>
    public Task UntilWaiting(int seconds) => Until(
        "a lock", $"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND now() - query_start > interval '{seconds} s' AND datname = current_database()", "1");

    public override void Reopen()
    {
        _storage?.Dispose();
        _storage = null;
    }

    private Task Until(string what, string sql, string shows) =>
        Processes.Until.True(async () => await Query(sql) == shows, () => $"a backend that waits for {what}");

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _storage?.Dispose();
        PostgresServer.Drop(Database);
    }
}

public sealed class PostgresLedgerConformance : LedgerConformance<PostgresStores>;

public sealed class PostgresExportConformance : ExportConformance<PostgresStores>;

public sealed class PostgresDirectoryConformance : DirectoryConformance<PostgresStores>;

public sealed class PostgresHistoryConformance : HistoryConformance<PostgresStores>;

public sealed class PostgresClassHeadsConformance : ClassHeadsConformance<PostgresStores>;

public sealed class PostgresBookConformance : BookConformance<PostgresStores>;

public sealed class PostgresGrainStateConformance : GrainStateConformance<PostgresStores>;

public sealed class PostgresClaimConformance : ClaimConformance<PostgresStores>;

public sealed class PostgresBillConformance : BillConformance<PostgresStores>;

public sealed class PostgresClosingConformance : ClosingConformance<PostgresStores>;
