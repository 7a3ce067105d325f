using CoopGrid.Silo.Ledger;
using CoopGrid.Silo.Ledger.Sqlite;

namespace CoopGrid.Silo.Tests.Ledger.Sqlite;

/// <summary>SQLite in a folder of its own.</summary>
public sealed class SqliteStores : StoresUnderTest
{
    private readonly TemporaryFolder _folder = new();
    private SqliteStorage _storage;

    public SqliteStores() => _storage = SqliteStorage.Open(_folder.Path, Clock);

    public override GridStorage Storage => _storage;

    public override void Reopen()
    {
        _storage.Dispose();
        _storage = SqliteStorage.Open(_folder.Path, Clock, Kept);
    }

    /// <summary>A file of the store's.</summary>
    internal string File(string name) => _folder.File(name);

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _storage.Dispose();
        _folder.Dispose();
    }
}

public sealed class SqliteLedgerConformance : LedgerConformance<SqliteStores>;

public sealed class SqliteExportConformance : ExportConformance<SqliteStores>;

public sealed class SqliteDirectoryConformance : DirectoryConformance<SqliteStores>;

public sealed class SqliteHistoryConformance : HistoryConformance<SqliteStores>;

public sealed class SqliteClassHeadsConformance : ClassHeadsConformance<SqliteStores>;

public sealed class SqliteBookConformance : BookConformance<SqliteStores>;

public sealed class SqliteBillConformance : BillConformance<SqliteStores>;

public sealed class SqliteClosingConformance : ClosingConformance<SqliteStores>;
