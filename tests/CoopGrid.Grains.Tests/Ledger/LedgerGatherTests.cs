using CoopGrid.Grains.Ledger;
using Xunit;
using static CoopGrid.Grains.Tests.Ledger.FaultyStore;

namespace CoopGrid.Grains.Tests.Ledger;

/// <summary>
/// How long a segment gathers (LedgerOptions.EnoughAfter). "At once" is told from "after the longest wait" by a deadline below that wait;
/// the tests themselves wait for nothing but commits.
/// </summary>
public sealed class LedgerGatherTests
{
    private static readonly LedgerOptions Patient = new() { LoadedEntries = 2, EnoughEntries = 4, LeastGatherMs = 20_000, LongestGatherMs = 20_000 };
    private static readonly LedgerOptions Hasty = Patient with { LeastGatherMs = 1, LongestGatherMs = 1 };

    /// <summary>Seen to fail (too late) with LoadedEntries left out of EnoughAfter.</summary>
    [Fact]
    public async Task Without_load_nothing_waits_for_others()
    {
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open(Patient);
        for (int i = 0; i < 5; i++) await AtOnce(f.Append((byte)i)!);
        Assert.Equal(5, f.Store.Segments.Count);
    }

    /// <summary>Seen to fail with EnoughAfter always 1 (segments of one entry), and with appends not waking the thread at enough (too late).</summary>
    [Fact]
    public async Task Under_load_a_segment_is_written_as_soon_as_it_has_enough()
    {
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open(Patient);
        await Load(f);
        for (int round = 0; round < 20; round++)
        {
            for (byte i = 0; i < 3; i++) f.Append(i);
            await AtOnce(f.Append(3)!);
        }

        Assert.All(f.Store.Segments.Skip(2), segment => Assert.Equal(4, segment.Entries.Count));
    }

    /// <summary>Seen to fail (too late) with the thread waiting first, whatever is gathered.</summary>
    [Fact]
    public async Task Entries_that_gather_during_a_commit_are_written_after_it_if_they_are_enough()
    {
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open(Patient);
        Commit last = await Load(f, then: 4);
        await AtOnce(last);
    }

    /// <summary>Seen to fail (never written) with the wait for enough made infinite.</summary>
    [Fact]
    public async Task What_waits_for_others_that_never_come_is_written_in_time()
    {
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open(Hasty);
        await Load(f);
        Assert.True(await f.Append(1)!.Committed().Soon());
    }

    /// <summary>Seen to fail (never written) with the number to wake at left where it was after a wait in vain.</summary>
    [Fact]
    public async Task After_a_wait_for_nobody_the_next_one_is_written_at_once()
    {
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open(Hasty);
        await using LedgerWriterFixture slower = await LedgerWriterFixture.Open(Hasty with { LeastGatherMs = 50, LongestGatherMs = 50 });
        await Load(f);
        await Load(slower);

        // When this one has waited its 50 ms in vain, the other has long waited its 1.
        Assert.True(await slower.Append(1)!.Committed().Soon());
        Assert.True(await f.Append(1)!.Committed().Soon());
    }

    /// <summary>Seen to fail (too late) with marks left out of SegmentWriter.Count, and with AppendMark not waking the thread.</summary>
    [Fact]
    public async Task Marks_count()
    {
        await using LedgerWriterFixture f = await LedgerWriterFixture.Open(Patient);
        await Load(f);
        for (int round = 1; round < 10; round++)
        {
            f.Append(1);
            f.Append(2);
            f.Writer.AppendMark(new(LedgerWriterFixture.Homes, -round));
            await AtOnce(f.Writer.AppendMark(new(new("isle", "shops"), -round))!);
        }

        for (int round = 1; round < 10; round++)
        {
            Commit commit = f.Writer.AppendMark(new(LedgerWriterFixture.Homes, 5))!;
            for (byte i = 0; i < 3; i++) f.Append(i);
            await AtOnce(commit);
        }
    }

    /// <summary>Seen to fail (never committed) with what is gathered dropped at closing. With DisposeAsync not waking the thread this class hung.</summary>
    [Fact]
    public async Task Closing_does_not_wait_for_more()
    {
        LedgerWriterFixture f = await LedgerWriterFixture.Open(Patient);
        await Load(f);
        Commit commit = f.Append(1)!;
        await f.DisposeAsync().AsTask().WaitAsync(BeforeLongest, TestContext.Current.CancellationToken);
        Assert.True(await commit.Committed().Soon());
    }

    /// <summary>Under load a segment waits for as long as the last commit took.</summary>
    [Theory]
    [InlineData(0, 10)]
    [InlineData(10_000, 10)]
    [InlineData(17_500, 17.5)]
    [InlineData(50_000, 50)]
    [InlineData(60_000_000, 50)]
    public void It_gathers_for_as_long_as_a_commit_takes_within_bounds(long commitMicros, double gatherMs) =>
        Assert.Equal(gatherMs, new LedgerOptions { LeastGatherMs = 10, LongestGatherMs = 50 }.GatherAfter(TimeSpan.FromMicroseconds(commitMicros)).TotalMilliseconds);

    private static TimeSpan BeforeLongest => TimeSpan.FromMilliseconds(Patient.LongestGatherMs * 9 / 10);

    private static async Task AtOnce(Commit commit) =>
        Assert.True(await commit.Committed().AsTask().WaitAsync(BeforeLongest, TestContext.Current.CancellationToken));

    // A first segment is held while a second one gathers two entries: it shows load, and is held while the third gathers.
    private static async Task<Commit> Load(LedgerWriterFixture f, int then = 0)
    {
        f.Store.Next(Fault.Block, Fault.None, Fault.Block);
        f.Append(0);
        await f.Store.Blocked();
        f.Append(0);
        Commit commit = f.Append(0)!;
        f.Store.Release();
        await f.Store.Blocked();
        Commit loaded = commit;
        for (byte i = 0; i < then; i++) commit = f.Append(i)!;
        f.Store.Release();
        Assert.True(await loaded.Committed().Soon());
        return commit;
    }
}
