using CoopGrid.Grains.Ledger;
using CoopGrid.Silo.Hosting;
using CoopGrid.Silo.Ledger.Postgres;
using CoopGrid.Silo.Ledger.Sqlite;

namespace CoopGrid.Silo.Ledger.Export;

/// <summary>A grid's log and its books, opened beside its silos or while none runs: nothing is locked, migrated or written.</summary>
internal sealed class LedgerSource : IDisposable
{
    private readonly IDisposable _database;

    private LedgerSource(ILedgerStore ledger, ILedgerArchive archive, IEntryBooks books, IDisposable database) =>
        (Ledger, Archive, Books, _database) = (ledger, archive, books, database);

    public ILedgerStore Ledger { get; }

    public ILedgerArchive Archive { get; }

    public IEntryBooks Books { get; }

    /// <summary>Opens what the settings name.</summary>
    /// <exception cref="StorageStartException">There is no such ledger, or the connection string cannot be read.</exception>
    public static LedgerSource Open(GridSettings settings, TimeProvider clock) =>
        settings.Storage == GridSettings.Postgres ? OfServer(settings.ConnectionString!, clock) : OfFolder(settings.DataPath, clock);

    public void Dispose() => _database.Dispose();

    private static LedgerSource OfFolder(string dataPath, TimeProvider clock)
    {
        string file = DataFolder.LedgerFileIn(dataPath);
        if (!File.Exists(file)) throw new StorageStartException(file, "there is no such ledger. Name the grid's CoopGrid:DataPath.");
        var database = new SqliteDatabase(file, SqliteDatabase.WritePragmas);
        var ledger = new SqliteLedgerStore(database, clock, default);
        return new(ledger, ledger, new SqliteEntryBooks(database), database);
    }

    private static LedgerSource OfServer(string connectionString, TimeProvider clock)
    {
        var connections = PostgresConnections.Read(connectionString);
        var database = new PostgresDatabase(connections.Pool);
        var ledger = new PostgresLedgerStore(database, new PostgresCommits(connections.Ledger), clock, default);
        return new(ledger, ledger, new PostgresEntryBooks(database), connections);
    }
}
