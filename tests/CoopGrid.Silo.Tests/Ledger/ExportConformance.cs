using System.Text.Json;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using CoopGrid.Silo.Ledger.Export;
using Xunit;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>What <see cref="ILedgerArchive"/> keeps and what an export makes of it, for every adapter.</summary>
public abstract class ExportConformance<TStores> : IDisposable
    where TStores : StoresUnderTest, new()
{
    private static readonly Instant At = Instant.FromUnixMs(1_700_000_000_000);

    private readonly TStores _stores = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// For the grid they are gone at once. Seen to fail with what was let go deleted at once (nothing of it was kept), and with hours never due (it stayed for ever).
    /// </summary>
    [Fact]
    public async Task Segments_that_were_let_go_are_kept_for_so_many_days()
    {
        _stores.Kept = new(2);
        _stores.Reopen();
        long producer = await Opened();
        for (int i = 1; i <= 5; i++) _stores.Ledger.Commit(StoresUnderTest.Segment(producer, i, (byte)i));
        await _stores.Ledger.DeleteAsync(producer, 3, Cancellation);
        await Assert.ThrowsAsync<LedgerGapException>(() => _stores.Ledger.ReadAsync(producer, 0, 10, Cancellation));
        Assert.Equal("1 2 3 4 5", await Kept(producer));

        _stores.Clock.Advance(TimeSpan.FromHours(48));
        await _stores.Ledger.DeleteAsync(producer, 4, Cancellation);
        Assert.Equal("1 2 3 4 5", await Kept(producer));
        _stores.Clock.Advance(TimeSpan.FromHours(1));
        await _stores.Ledger.DeleteAsync(producer, 5, Cancellation);
        Assert.Equal("4 5", await Kept(producer));

        // Nobody wants them any more.
        _stores.Kept = default;
        _stores.Reopen();
        long next = await Opened();
        _stores.Ledger.Commit(StoresUnderTest.Segment(next, 1));
        await _stores.Ledger.DeleteAsync(next, 1, Cancellation);
        Assert.Equal(("", ""), (await Kept(producer), await Kept(next)));
    }

    /// <summary>However few fit into memory, and whichever producer held the member when. Seen to fail with names compared by UTF-16.</summary>
    [Theory]
    [InlineData(1000)]
    [InlineData(3)]
    public async Task Entries_of_all_producers_are_written_by_member_and_number(int inMemory)
    {
        _stores.Kept = new(30);
        _stores.Reopen();
        long first = await Opened();
        Commit(first, 1, ("\uFF5E", 1), ("ann", 1), ("\U0001F600", 1), ("ann", 2), ("elsewhere/zoe", 1));
        await _stores.Ledger.DeleteAsync(first, 1, Cancellation);
        Commit(await Opened(), 1, ("ann", 3), ("bob", 1));
        Commit(await Opened(), 1, ("ann", 4), ("\uFF5E", 2));

        (List<(string, long)> written, ExportSummary summary) = await Export(inMemory);
        Assert.Equal([("ann", 1), ("ann", 2), ("ann", 3), ("ann", 4), ("bob", 1), ("\uFF5E", 1), ("\uFF5E", 2), ("\U0001F600", 1)], written);
        Assert.Equal((new ExportSummary(4, 8, 3, 0, 0, 0), true), (summary, summary.IsComplete));
    }

    /// <summary>What is not kept is told, never passed over.</summary>
    [Fact]
    public async Task What_is_no_longer_kept_is_told()
    {
        long producer = await Opened();
        Commit(producer, 1, ("ann", 1), ("bob", 1));
        Commit(producer, 2, ("ann", 2));
        await _stores.Ledger.DeleteAsync(producer, 1, Cancellation);
        (List<(string, long)> written, ExportSummary summary) = await Export(100);
        Assert.Equal([("ann", 2)], written);
        Assert.Equal((new ExportSummary(1, 1, 1, 1, 1, 0), false), (summary, summary.IsComplete));
    }

    public void Dispose()
    {
        _stores.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<long> Opened() => (await _stores.Ledger.OpenProducerAsync(StoresUnderTest.SiloAt("a"), Cancellation)).Producer;

    private async Task<string> Kept(long producer) =>
        string.Join(' ', (await _stores.Storage.Archive.ReadKeptAsync(producer, 0, 100, Cancellation)).Select(row => SegmentReader.Read(row).Entries[0].Bytes.Span[0]));

    private void Commit(long producer, long position, params (string Member, long Sequence)[] entries)
    {
        var writer = new SegmentWriter(1 << 20, 1000);
        foreach ((string member, long sequence) in entries)
        {
            MemberId id = member.Contains('/', StringComparison.Ordinal) ? MemberId.Parse(member) : new("isle", member);
            writer.TryAppend(id, MemberEntryCodec.Encode(new StatusChanged(sequence, At, 7, 1, MemberStatus.Active, "")), [], null);
        }

        _stores.Ledger.Commit(new() { Producer = producer, Position = position, Bytes = writer.Close(producer, position).Bytes, Changes = [] });
    }

    private async Task<(List<(string Member, long Sequence)> Written, ExportSummary Summary)> Export(int inMemory)
    {
        using var lines = new StringWriter();
        var export = new LedgerExport(_stores.Ledger, _stores.Storage.Archive);
        ExportSummary summary = await export.WriteAsync("isle", lines, Path.GetTempPath(), Cancellation, inMemory);
        List<(string, long)> written = [];
        foreach (string line in lines.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var entry = JsonDocument.Parse(line);
            written.Add((entry.RootElement.GetProperty("member").GetString()!, long.Parse(entry.RootElement.GetProperty("sequence").GetString()!, null)));
        }

        return (written, summary);
    }
}
