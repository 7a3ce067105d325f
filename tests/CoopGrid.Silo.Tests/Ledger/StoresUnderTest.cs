using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using CoopGrid.Silo.Ledger;
using Microsoft.Extensions.Time.Testing;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>A fresh, empty database behind the ledger's ports; each adapter supplies one, and all must pass the same tests.</summary>
public abstract class StoresUnderTest : IDisposable
{
    public FakeTimeProvider Clock { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000));

    /// <summary>For how long the store keeps segments that were let go, from the next <see cref="Reopen"/> on.</summary>
    public SegmentsKept Kept { get; set; }

    public abstract GridStorage Storage { get; }

    public ILedgerStore Ledger => Storage.Ledger;

    public IMemberDirectory Directory => Storage.Directory;

    public IClaimStore Claims => Storage.Claims;

    public IClassHeads Classes => Storage.Classes;

    public IPriceHistory Prices => Storage.Prices;

    public ISliceHistory Slices => Storage.Slices;

    public IEntryBooks Books => Storage.Books;

    public IBillStore Bills => Storage.Bills;

    /// <summary>Closes the store and opens it again, as another process would.</summary>
    public abstract void Reopen();

    /// <summary>Until the store would hear of a want (L4).</summary>
    public virtual Task UntilListening() => Task.CompletedTask;

    public static Segment Segment(long producer, long position, byte content = 1, params DirectoryChange[] changes)
    {
        var writer = new SegmentWriter(1 << 20, 1000);
        writer.TryAppend(new("isle", "ann"), [content], [], null);
        return new()
        {
            Producer = producer,
            Position = position,
            Bytes = writer.Close(producer, position).Bytes,
            Changes = changes,
        };
    }

    public static SiloName SiloAt(string address, long membershipVersion = 1) => new(address, membershipVersion);

    public static DirectoryChange Member(string name, string @class = "homes", MemberStatus status = MemberStatus.Active) =>
        new(new("isle", name), @class, status, 123);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
