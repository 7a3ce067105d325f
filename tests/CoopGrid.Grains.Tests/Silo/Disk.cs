using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>
/// What a data folder holds, in memory: it outlives the silos that use it. Each silo works on it through a <see cref="Power"/> of its
/// own; when that is cut, nothing more of it arrives here.
/// </summary>
internal sealed class Disk
{
    public Lock Lock { get; } = new();

    public List<ProducerRow> Producers { get; } = [];

    /// <summary>Every segment ever committed, deleted ones too.</summary>
    public SortedDictionary<(long Producer, long Position), byte[]> Segments { get; } = [];

    public Dictionary<MemberId, DirectoryChange> Members { get; } = [];

    public Dictionary<(string Coop, string Meter), string> Meters { get; } = [];

    public Dictionary<(string Coop, string Sender), string> Senders { get; } = [];

    public Dictionary<ClassId, ClassHead> Heads { get; } = [];

    public Dictionary<ClassId, SortedDictionary<long, PricePeriod>> Prices { get; } = [];

    public Dictionary<ClassId, SortedDictionary<long, SliceRow>> Slices { get; } = [];

    public Dictionary<BookId, List<byte[]>> Books { get; } = [];

    public Dictionary<(string Name, string Grain), (byte[] Bytes, string ETag)> States { get; } = [];

    /// <summary>All members' entries in the order of the log.</summary>
    public IReadOnlyList<(MemberId Member, MemberEntry Entry)> Entries()
    {
        lock (Lock)
        {
            return [.. Segments
                .Select(segment => SegmentReader.Read(new(segment.Key.Producer, segment.Key.Position, segment.Value)))
                .SelectMany(segment => segment.Entries)
                .Select(entry => (entry.Member, MemberEntryCodec.Decode(entry.Bytes.Span)))];
        }
    }

    public IReadOnlyList<Admitted> Admissions() => [.. Entries().Select(entry => entry.Entry).OfType<Admitted>()];

    /// <summary>Every member's account as its entries alone make it.</summary>
    public Dictionary<MemberId, MemberAccount> Accounts()
    {
        Dictionary<MemberId, MemberAccount> accounts = [];
        foreach ((MemberId member, MemberEntry entry) in Entries())
        {
            if (!accounts.TryGetValue(member, out MemberAccount? account)) accounts[member] = account = new();
            account.Apply(entry);
        }

        return accounts;
    }

    public IReadOnlyList<PricePeriod> PricesOf(ClassId @class)
    {
        lock (Lock) return Prices.TryGetValue(@class, out SortedDictionary<long, PricePeriod>? rows) ? [.. rows.Values] : [];
    }

    public IReadOnlyList<SliceRow> SlicesOf(ClassId @class)
    {
        lock (Lock) return Slices.TryGetValue(@class, out SortedDictionary<long, SliceRow>? rows) ? [.. rows.Values] : [];
    }
}

/// <summary>One silo's life: once it is cut, its storage does nothing.</summary>
internal sealed class Power
{
    private volatile bool _cut;

    public bool IsCut => _cut;

    public void Cut() => _cut = true;

    public void Check()
    {
        if (_cut) throw new IOException("This silo is dead.");
    }
}
