using System.Collections.Concurrent;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Deletes segments that every member and class is beyond (L6): members by the lowest position that no checkpoint holds, classes by
/// what each says it has checkpointed of every producer. A predecessor that everybody is beyond is drained.
/// </summary>
internal sealed class Retention(ILedgerStore ledger, ICheckpointStore checkpoints, LedgerWriter writer)
{
    private readonly ConcurrentDictionary<(ClassId Class, long Producer), Progress> _classes = new();
    private long _deleted;

    /// <summary>A class has usage at this position of a producer's log.</summary>
    public void Touched(ClassId @class, long producer, long position) =>
        _classes.AddOrUpdate((@class, producer), _ => new(position, 0), (_, progress) => progress with { Touched = Math.Max(progress.Touched, position) });

    /// <summary>What a class has checkpointed of every producer's log.</summary>
    public void Saved(ClassId @class, IEnumerable<SavedPosition> positions)
    {
        foreach (SavedPosition saved in positions)
        {
            _classes.AddOrUpdate(
                (@class, saved.Producer), _ => new(0, saved.Position), (_, progress) => progress with { Saved = Math.Max(progress.Saved, saved.Position) });
        }
    }

    /// <summary>Deletes what lies before <paramref name="lowestUnsaved"/> and before every class's checkpoint.</summary>
    public async Task DeleteAsync(LedgerPosition lowestUnsaved, CancellationToken cancellation)
    {
        // While a predecessor's entries are not all checkpointed, nothing goes.
        if (lowestUnsaved.Producer != writer.Producer) return;
        await DrainPredecessors(cancellation);

        long upTo = lowestUnsaved.Position - 1;
        foreach (((_, long producer), Progress progress) in _classes)
        {
            if (producer == writer.Producer && progress.Touched > progress.Saved) upTo = Math.Min(upTo, progress.Saved);
        }

        if (upTo <= _deleted) return;
        await checkpoints.FlushAsync(cancellation);
        await ledger.DeleteAsync(writer.Producer, upTo, cancellation);
        _deleted = upTo;
    }

    private async Task DrainPredecessors(CancellationToken cancellation)
    {
        foreach (ProducerRow producer in await ledger.ListProducersAsync(cancellation))
        {
            if (producer.State != ProducerState.Sealed || !ClassesAreBeyond(producer.Producer)) continue;
            await checkpoints.FlushAsync(cancellation);
            await ledger.MarkDrainedAsync(producer.Producer, cancellation);
            await ledger.DeleteAsync(producer.Producer, producer.Position, cancellation);
        }
    }

    private bool ClassesAreBeyond(long producer)
    {
        foreach (((_, long of), Progress progress) in _classes)
        {
            if (of == producer && progress.Touched > progress.Saved) return false;
        }

        return true;
    }

    private sealed record Progress(long Touched, long Saved);
}
