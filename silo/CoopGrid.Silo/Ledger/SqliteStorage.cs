using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Ledger;

/// <summary>
/// Everything that an embedded grid keeps, in one folder: <c>ledger.db</c> (segments, directory, histories) and
/// <c>checkpoints.db</c> (grain state), two files so that checkpoints never wait for commits.
/// </summary>
public sealed class SqliteStorage : IDisposable
{
    private readonly DataFolder _folder;
    private readonly SqliteDatabase _database;

    private SqliteStorage(DataFolder folder, SqliteDatabase database, TimeProvider clock)
    {
        _folder = folder;
        _database = database;
        Ledger = new SqliteLedgerStore(database, clock);
        Directory = new SqliteMemberDirectory(database);
        Claims = new ExclusiveClaims(clock);
        Classes = new SqliteClassHeads(database);
        Prices = new SqlitePriceHistory(database);
        Slices = new SqliteSliceHistory(database);
        Checkpoints = new(folder.CheckpointsFile);
    }

    /// <summary>Segments.</summary>
    public ILedgerStore Ledger { get; }

    /// <summary>Members, senders, meters.</summary>
    public IMemberDirectory Directory { get; }

    /// <summary>All members are this process's.</summary>
    public IClaimStore Claims { get; }

    /// <summary>Classes' heads.</summary>
    public IClassHeads Classes { get; }

    /// <summary>Prices.</summary>
    public IPriceHistory Prices { get; }

    /// <summary>Closed slices.</summary>
    public ISliceHistory Slices { get; }

    /// <summary>Grain state: the data source for Orleans, and its flush.</summary>
    public SqliteCheckpoints Checkpoints { get; }

    /// <summary>Locks the folder, checks both files, and migrates them.</summary>
    /// <exception cref="StorageStartException">Something stands in the way; the message says what, and what to do.</exception>
    public static SqliteStorage Open(string dataPath, TimeProvider clock) => Open(dataPath, clock, null);

    /// <param name="mostPages">For tests: the size at which the ledger's disk is full.</param>
    internal static SqliteStorage Open(string dataPath, TimeProvider clock, int? mostPages)
    {
        DataFolder folder = DataFolder.Open(dataPath);
        try
        {
            string pragmas = SqliteDatabase.WritePragmas + (mostPages is { } pages ? $"; PRAGMA max_page_count = {pages}" : "");
            SqliteFile.Prepare(folder.LedgerFile, "ledger", pragmas);
            SqliteFile.Prepare(folder.CheckpointsFile, "checkpoints", "PRAGMA synchronous = FULL");
            return new(folder, new(folder.LedgerFile, pragmas), clock);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Writes what waits, closes the files and gives the folder back. Close the writer and the silo first.</summary>
    public void Dispose()
    {
        Checkpoints.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }
}
