using System.Collections.Concurrent;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Says what of a log every class is beyond, and deletes from this silo's own log what every member and class is beyond (L6).
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

    /// <summary>Whether every class has checkpointed all that a producer's log holds of it.</summary>
    public bool ClassesAreBeyond(long producer)
    {
        foreach (((_, long of), Progress progress) in _classes)
        {
            if (of == producer && progress.Touched > progress.Saved) return false;
        }

        return true;
    }

    /// <summary>Deletes what lies before <paramref name="lowestUnsaved"/> and before every class's checkpoint.</summary>
    /// <param name="lowestUnsaved">In this silo's log, at or before the first entry that its member's checkpoint lacks.</param>
    public async Task DeleteAsync(LedgerPosition lowestUnsaved, CancellationToken cancellation)
    {
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

    /// <summary>The producer is drained: nothing of it is asked for any more.</summary>
    public void Forget(long producer)
    {
        foreach ((ClassId, long Producer) key in _classes.Keys.Where(key => key.Producer == producer).ToList()) _classes.TryRemove(key, out _);
    }

    private sealed record Progress(long Touched, long Saved);
}
