using System.Collections.Concurrent;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Deletes segments that every member and class is beyond (L6): members by the lowest position that no checkpoint holds, classes by
/// what each says it has checkpointed. A predecessor that everybody is beyond is drained.
/// </summary>
internal sealed class Retention(ILedgerStore ledger, ICheckpointStore checkpoints, LedgerWriter writer)
{
    private readonly ConcurrentDictionary<ClassId, ClassProgress> _classes = new();
    private long _deleted;

    /// <summary>A class has usage at this position of this silo's log.</summary>
    public void Touched(ClassId @class, long position) =>
        _classes.AddOrUpdate(@class, _ => new(position, 0), (_, progress) => progress with { Touched = position });

    /// <summary>A class has checkpointed this silo's log up to this position.</summary>
    public void Saved(ClassId @class, long position) =>
        _classes.AddOrUpdate(@class, _ => new(0, position), (_, progress) => progress with { Saved = Math.Max(progress.Saved, position) });

    /// <summary>Deletes what lies before <paramref name="lowestUnsaved"/> and before every class's checkpoint.</summary>
    public async Task DeleteAsync(LedgerPosition lowestUnsaved, CancellationToken cancellation)
    {
        if (lowestUnsaved.Producer != writer.Producer) return;
        long upTo = lowestUnsaved.Position - 1;
        foreach (ClassProgress progress in _classes.Values)
        {
            if (progress.Touched > progress.Saved) upTo = Math.Min(upTo, progress.Saved);
        }

        await Drain(cancellation);
        if (upTo <= _deleted) return;
        await checkpoints.FlushAsync(cancellation);
        await ledger.DeleteAsync(writer.Producer, upTo, cancellation);
        _deleted = upTo;
    }

    // Predecessors' entries are all checkpointed by now; their classes, as soon as each has saved something of this producer's time.
    private async Task Drain(CancellationToken cancellation)
    {
        foreach (ProducerRow producer in await ledger.ListProducersAsync(cancellation))
        {
            if (producer.State != ProducerState.Sealed || !PredecessorsAreSaved) continue;
            await checkpoints.FlushAsync(cancellation);
            await ledger.MarkDrainedAsync(producer.Producer, cancellation);
            await ledger.DeleteAsync(producer.Producer, producer.Position, cancellation);
        }
    }

    /// <summary>Whether every class that recovery found in predecessors' logs has checkpointed since.</summary>
    private bool PredecessorsAreSaved => _inherited.IsEmpty;

    private readonly ConcurrentDictionary<ClassId, bool> _inherited = new();

    /// <summary>Recovery found usage of this class in a predecessor's log.</summary>
    public void Inherited(ClassId @class) => _inherited[@class] = true;

    /// <summary>The class has checkpointed everything of the predecessors.</summary>
    public void InheritanceSaved(ClassId @class) => _inherited.TryRemove(@class, out _);

    private sealed record ClassProgress(long Touched, long Saved);
}
