using System.Text.RegularExpressions;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>
/// What we make of the operator's connection string. Every commit on every connection is on disk when it returns, and on a synchronous standby
/// where the server has one (L1); everything lives in one schema; a dead peer is noticed within seconds.
/// </summary>
internal sealed partial class PostgresConnections : IDisposable
{
    /// <summary>The name of the connections that commit segments. Those of a frozen silo are found by it and ended (L2).</summary>
    public const string LedgerName = "coopgrid ledger";

    /// <summary>How long a commit may take before its outcome counts as unknown, in s.</summary>
    private const int CommitSeconds = 3;

    private const string DefaultSchema = "coopgrid";
    private const int DefaultPool = 12;

    private readonly NpgsqlConnectionStringBuilder _given;

    private PostgresConnections(NpgsqlConnectionStringBuilder given, string schema)
    {
        _given = given;
        Schema = schema;
        Pool = NpgsqlDataSource.Create(Named("coopgrid"));
        GrainState = NpgsqlDataSource.Create(Named("coopgrid checkpoints"));
        Cluster = NpgsqlDataSource.Create(Named("coopgrid cluster", pool: 4));
        Ledger = NpgsqlDataSource.Create(LedgerString());
    }

    /// <summary>Holds all tables: the connection string's search path, or <c>coopgrid</c>.</summary>
    public string Schema { get; }

    /// <summary>For the ports.</summary>
    public NpgsqlDataSource Pool { get; }

    /// <summary>For Orleans' grain state; apart, so that a storm of checkpoints leaves the ports connections.</summary>
    public NpgsqlDataSource GrainState { get; }

    /// <summary>For membership and reminders; apart, so that nothing keeps a silo from saying that it lives.</summary>
    public NpgsqlDataSource Cluster { get; }

    /// <summary>For commits of segments: not pooled, its one user keeps its connection.</summary>
    public NpgsqlDataSource Ledger { get; }

    /// <summary>How many there are at the most.</summary>
    public int Most => MostOf(Pool) + MostOf(GrainState) + MostOf(Cluster) + 1;

    /// <summary>Server and database, for an operator's eyes: without user and password.</summary>
    public string Place => PlaceOf(_given);

    /// <summary>Reads the connection string; nothing is opened yet.</summary>
    /// <exception cref="StorageStartException">It cannot be read, or lacks the server.</exception>
    public static PostgresConnections Read(string connectionString)
    {
        NpgsqlConnectionStringBuilder given;
        try
        {
            given = new(connectionString);
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or KeyNotFoundException)
        {
            // Its text may hold a password: only what the parser says of it is repeated.
            throw new StorageStartException("CoopGrid:ConnectionString", $"it is not a connection string of Npgsql ({wrong.Message}).", wrong);
        }

        if (string.IsNullOrEmpty(given.Host)) throw new StorageStartException("CoopGrid:ConnectionString", "it names no Host.");
        string schema = given.SearchPath ?? DefaultSchema;
        if (!SchemaName().IsMatch(schema))
            throw new StorageStartException("CoopGrid:ConnectionString", "its Search Path must be one schema's name: lower-case letters, digits and '_'.");
        return new(given, schema);
    }

    /// <summary>For the migration, which may wait for other silos that migrate.</summary>
    public string MigrationString() => new NpgsqlConnectionStringBuilder(Named("coopgrid migration")) { Pooling = false, CommandTimeout = 300 }.ConnectionString;

    public void Dispose()
    {
        Pool.Dispose();
        GrainState.Dispose();
        Cluster.Dispose();
        Ledger.Dispose();
    }

    private string LedgerString() => new NpgsqlConnectionStringBuilder(Named(LedgerName))
    {
        Pooling = false,
        Timeout = CommitSeconds,
        CommandTimeout = CommitSeconds,

        // Never wait for the answer to a cancellation: a server that waits for its standby answers one with success.
        CancellationTimeout = -1,
    }.ConnectionString;

    private string Named(string application, int? pool = null)
    {
        var named = new NpgsqlConnectionStringBuilder(_given.ConnectionString)
        {
            ApplicationName = application,
            SearchPath = Schema,
            TcpKeepAlive = true,
            TcpKeepAliveTime = 5,
            TcpKeepAliveInterval = 1,
            Options = $"{_given.Options} -c synchronous_commit=on".Trim(),
        };
        if (pool is { } most) named.MaxPoolSize = most;
        else if (!_given.ShouldSerialize("Maximum Pool Size")) named.MaxPoolSize = DefaultPool;
        if (!_given.ShouldSerialize("Timeout")) named.Timeout = 5;
        if (!_given.ShouldSerialize("Command Timeout")) named.CommandTimeout = 10;
        if (!_given.ShouldSerialize("Max Auto Prepare")) named.MaxAutoPrepare = 64;

        // With a list of hosts: whichever takes writes, also after a failover.
        if (_given.Host!.Contains(',', StringComparison.Ordinal) && !_given.ShouldSerialize("Target Session Attributes")) named.TargetSessionAttributes = "primary";
        return named.ConnectionString;
    }

    private static int MostOf(NpgsqlDataSource pool) => new NpgsqlConnectionStringBuilder(pool.ConnectionString).MaxPoolSize;

    private static string PlaceOf(NpgsqlConnectionStringBuilder given) =>
        $"PostgreSQL {given.Host}:{given.Port}, database {given.Database ?? given.Username}";

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,62}$")]
    private static partial Regex SchemaName();
}
