using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>Everything that a grid of many silos keeps, in one schema of one PostgreSQL database.</summary>
public sealed class PostgresStorage : GridStorage
{
    /// <summary>The name under which Orleans loads Npgsql.</summary>
    private const string Invariant = "Npgsql";

    private readonly PostgresConnections _connections;
    private readonly PostgresCommits _commits;
    private readonly PostgresWants _wants;

    private PostgresStorage(PostgresConnections connections, TimeProvider clock, SegmentsKept kept)
    {
        _connections = connections;
        _commits = new(connections.Ledger);
        _wants = new(connections.Pool, connections.Schema, clock);
        var database = new PostgresDatabase(connections.Pool);
        var ledger = new PostgresLedgerStore(database, _commits, clock, kept);
        (Ledger, Archive) = (ledger, ledger);
        Claims = new PostgresClaims(database, _wants);
        Classes = new PostgresClassHeads(database);
        Directory = new PostgresMemberDirectory(database);
        Prices = new PostgresPriceHistory(database);
        Slices = new PostgresSliceHistory(database);
        Books = new PostgresEntryBooks(database);
        Bills = new PostgresBills(database);
        Checkpoints = new DurableAtOnce();
    }

    public override ILedgerStore Ledger { get; }

    public override ILedgerArchive Archive { get; }

    public override IClaimStore Claims { get; }

    public override IClassHeads Classes { get; }

    public override IMemberDirectory Directory { get; }

    public override IPriceHistory Prices { get; }

    public override ISliceHistory Slices { get; }

    public override IEntryBooks Books { get; }

    public override IBillStore Bills { get; }

    public override ICheckpointStore Checkpoints { get; }

    public override int MostConnections => _connections.Most;

    /// <summary>Reads the connection string, looks at the server and migrates the schema, one silo after the other.</summary>
    /// <exception cref="StorageStartException">Something stands in the way; the message says what, and what to do.</exception>
    public static PostgresStorage Open(string connectionString, TimeProvider clock, SegmentsKept kept = default)
    {
        PostgresConnections connections = PostgresConnections.Read(connectionString);
        try
        {
            PostgresSchema.Prepare(connections);
            return new(connections, clock, kept);
        }
        catch
        {
            connections.Dispose();
            throw;
        }
    }

    public override void AddGrainState(ISiloBuilder silo, string name) => silo.AddGrainState(Invariant, _connections.GrainState, name);

    public override void AddCluster(ISiloBuilder silo)
    {
        silo.UseAdoNetClustering(cluster => (cluster.Invariant, cluster.DataSource) = (Invariant, _connections.Cluster));
        silo.UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.DataSource) = (Invariant, _connections.Cluster));
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _commits.Dispose();
        _wants.Dispose();
        _connections.Dispose();
    }

    /// <summary>Every connection has synchronous_commit on: a checkpoint is durable when its write returns, so there is nothing left to force.</summary>
    private sealed class DurableAtOnce : ICheckpointStore
    {
        public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;
    }
}
