using System.Collections.Immutable;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>Brings a class's fold up to date: from ticks where they follow on, from the log where they do not (L5).</summary>
internal sealed class ClassLog(ClassId @class, ClassFold fold, ILedgerStore ledger)
{
    private const int ReadAtOnce = 512;

    /// <summary>Applies a tick, or reads what it shows to be missing.</summary>
    public async ValueTask Follow(UsageTick tick)
    {
        // A queue may hold a tick for long: of a producer that is drained, and so forgotten here, it would count again.
        if (!fold.Watermarks.ContainsKey(tick.Producer) && !await IsKept(tick.Producer)) return;
        if (Apply(tick) == FoldResult.Gap) await Read(tick.Producer);
    }

    private FoldResult Apply(UsageTick tick)
    {
        if (tick.Through <= fold.WatermarkOf(tick.Producer)) return FoldResult.Known;

        // A silo of an earlier version does not say in which slices members came: its log does.
        SliceUsage[] members = tick.MembersBySlice.IsDefaultOrEmpty ? [] : [.. tick.MembersBySlice];
        if (members.Sum(slice => slice.Units) != tick.Members) return FoldResult.Gap;
        SliceChange[] changes =
        [
            .. tick.Usage.Select(slice => new SliceChange(slice.Slice, slice.Units, 0)),
            .. members.Select(slice => new SliceChange(slice.Slice, 0, slice.Units)),
            .. Given(tick.WindowBySlice).Select(slice => new SliceChange(slice.Slice, 0, 0, WindowUnits: slice.Units)),
            .. Given(tick.LateBySlice).Select(slice => new SliceChange(slice.Slice, 0, 0, LateUnits: slice.Units)),
        ];
        return fold.Apply(tick.Producer, tick.After, tick.Through, changes, tick.Mark == 0 ? long.MinValue : tick.Mark);
    }

    private static ImmutableArray<SliceUsage> Given(ImmutableArray<SliceUsage> slices) => slices.IsDefault ? [] : slices;

    /// <summary>Follows every producer that is not drained to its present end, and forgets those that are gone.</summary>
    /// <exception cref="LedgerCorruptException">The fold is beyond the log's end: the ledger was restored from an older copy.</exception>
    public async Task CatchUp()
    {
        IReadOnlyList<ProducerRow> producers = await ledger.ListProducersAsync(CancellationToken.None);
        foreach ((long followed, long watermark) in fold.Watermarks)
        {
            if (!producers.Any(producer => producer.Producer == followed && producer.Position >= watermark))
                throw new LedgerCorruptException(followed, watermark, $"class {@class} is checkpointed beyond the log's end: the ledger is older than the checkpoints.");
        }

        foreach (ProducerRow producer in producers)
        {
            if (producer.State == ProducerState.Drained) fold.Drop(producer.Producer);
            else await Read(producer.Producer);
        }
    }

    /// <summary>
    /// Follows sealed producers to their end, since no tick of theirs will show what is missing, and forgets drained ones.
    /// </summary>
    public async Task FollowSealed(IReadOnlyList<ProducerRow> producers)
    {
        foreach (ProducerRow producer in producers)
        {
            if (producer.State == ProducerState.Drained) fold.Drop(producer.Producer);
            else if (producer.State == ProducerState.Sealed && fold.WatermarkOf(producer.Producer) < producer.Position) await Read(producer.Producer);
        }
    }

    private async Task<bool> IsKept(long producer) => (await ledger.ListProducersAsync(CancellationToken.None))
        .Any(known => known.Producer == producer && known.State != ProducerState.Drained);

    private async Task Read(long producer)
    {
        while (true)
        {
            IReadOnlyList<SegmentRow> rows = await ReadNext(producer);
            foreach (SegmentRow row in rows) Apply(SegmentReader.Read(row), row);
            if (rows.Count < ReadAtOnce) return;
        }
    }

    private async Task<IReadOnlyList<SegmentRow>> ReadNext(long producer)
    {
        try
        {
            return await ledger.ReadAsync(producer, fold.WatermarkOf(producer), ReadAtOnce, CancellationToken.None);
        }
        catch (LedgerGapException gap)
        {
            fold.SkipTo(producer, gap.FirstKept - 1);
            return await ledger.ReadAsync(producer, fold.WatermarkOf(producer), ReadAtOnce, CancellationToken.None);
        }
    }

    private void Apply(SegmentReader segment, in SegmentRow row)
    {
        List<SliceChange> changes = [];
        foreach (ClassDelta delta in segment.Deltas)
        {
            if (delta.Class == @class) changes.Add(new(delta.Slice, delta.Units, delta.Members, delta.WindowUnits, delta.LateUnits));
        }

        long mark = long.MinValue;
        foreach (SliceMark promised in segment.Marks)
        {
            if (promised.Class == @class) mark = promised.Slice;
        }

        fold.Apply(row.Producer, row.Position - 1, row.Position, changes.ToArray(), mark);
    }
}
