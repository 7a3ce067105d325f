using CoopGrid.Grains.Ledger;
using CoopGrid.Silo.Ledger;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>SQLite in a folder of its own.</summary>
public sealed class SqliteStores : StoresUnderTest
{
    private readonly TemporaryFolder _folder = new();
    private SqliteStorage _storage;

    public SqliteStores() => _storage = SqliteStorage.Open(_folder.Path, Clock);

    public override ILedgerStore Ledger => _storage.Ledger;

    public override IMemberDirectory Directory => _storage.Directory;

    public override IClaimStore Claims => _storage.Claims;

    public override IClassHeads Classes => _storage.Classes;

    public override IPriceHistory Prices => _storage.Prices;

    public override ISliceHistory Slices => _storage.Slices;

    public override void Reopen()
    {
        _storage.Dispose();
        _storage = SqliteStorage.Open(_folder.Path, Clock);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _storage.Dispose();
        _folder.Dispose();
    }
}

public sealed class SqliteLedgerConformance : LedgerConformance<SqliteStores>;

public sealed class SqliteDirectoryConformance : DirectoryConformance<SqliteStores>;

public sealed class SqliteHistoryConformance : HistoryConformance<SqliteStores>;

public sealed class SqliteClassHeadsConformance : ClassHeadsConformance<SqliteStores>;
