using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>
/// Everything that an embedded grid keeps, in one folder: <c>ledger.db</c> (segments, directory, histories, bills) and
/// <c>checkpoints.db</c> (grain state), two files so that checkpoints never wait for commits.
/// </summary>
public sealed class SqliteStorage : GridStorage
{
    /// <summary>The name under which Orleans loads Microsoft.Data.Sqlite.</summary>
    private const string Invariant = "System.Data.SQLite";

    private readonly DataFolder _folder;
    private readonly SqliteDatabase _database;
    private readonly SqliteCheckpoints _checkpoints;

    private SqliteStorage(DataFolder folder, SqliteDatabase database, TimeProvider clock, SegmentsKept kept)
    {
        _folder = folder;
        _database = database;
        _checkpoints = new(folder.CheckpointsFile);
        var ledger = new SqliteLedgerStore(database, clock, kept);
        (Ledger, Archive) = (ledger, ledger);
        Directory = new SqliteMemberDirectory(database);
        Claims = new ExclusiveClaims(clock);
        Classes = new SqliteClassHeads(database);
        Prices = new SqlitePriceHistory(database);
        Slices = new SqliteSliceHistory(database);
        Books = new SqliteEntryBooks(database);
        Bills = new SqliteBills(database);
    }

    public override ILedgerStore Ledger { get; }

    public override ILedgerArchive Archive { get; }

    public override IMemberDirectory Directory { get; }

    public override IClaimStore Claims { get; }

    public override IClassHeads Classes { get; }

    public override IPriceHistory Prices { get; }

    public override ISliceHistory Slices { get; }

    public override IEntryBooks Books { get; }

    public override IBillStore Bills { get; }

    public override ICheckpointStore Checkpoints => _checkpoints;

    /// <summary>Locks the folder, checks both files, and migrates them.</summary>
    /// <exception cref="StorageStartException">Something stands in the way; the message says what, and what to do.</exception>
    public static SqliteStorage Open(string dataPath, TimeProvider clock, SegmentsKept kept = default) => Open(dataPath, clock, kept, null);

    /// <param name="mostPages">For tests: the size at which the ledger's disk is full.</param>
    internal static SqliteStorage Open(string dataPath, TimeProvider clock, SegmentsKept kept, int? mostPages)
    {
        DataFolder folder = DataFolder.Open(dataPath);
        try
        {
            string pragmas = SqliteDatabase.WritePragmas + (mostPages is { } pages ? $"; PRAGMA max_page_count = {pages}" : "");
            SqliteFile.Prepare(folder.LedgerFile, "ledger", pragmas);
            SqliteFile.Prepare(folder.CheckpointsFile, "checkpoints", "PRAGMA synchronous = FULL");
            return new(folder, new(folder.LedgerFile, pragmas), clock, kept);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public override void AddGrainState(ISiloBuilder silo, string name) => silo.AddGrainState(Invariant, _checkpoints, name);

    /// <summary>One silo is its whole cluster: its membership and its reminders live and die with it.</summary>
    public override void AddCluster(ISiloBuilder silo)
    {
        silo.UseInMemoryReminderService();
        silo.UseDevelopmentClustering((System.Net.IPEndPoint?)null);
    }

    /// <summary>Writes what waits, closes the files and gives the folder back.</summary>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _checkpoints.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }
}
