using CoopGrid.Domain.Billing;

namespace CoopGrid.Domain.Usage;

/// <summary>What became of a tick.</summary>
public enum FoldResult
{
    /// <summary>It was applied.</summary>
    Applied,

    /// <summary>All of it was applied before.</summary>
    Known,

    /// <summary>Something before it is missing, or a part of it is known: read the log from the watermark.</summary>
    Gap,
}

/// <summary>
/// A class's usage as a fold of the producers' logs (L5):
/// 1. every producer has a watermark, the last of its positions that was applied; each position is applied once;
/// 2. a tick that begins at the watermark is applied, one that ends at or before it is known, any other is a gap;
/// 3. so the stream may lose, repeat or re-order ticks, and S, N and the sums by epoch are exact.
/// </summary>
public sealed class ClassFold(int slices)
{
    private readonly Dictionary<long, long> _watermarks = [];
    private readonly Dictionary<long, long> _marks = [];

    public ClassWindow Window { get; private set; } = new(slices);

    /// <summary>S and M by epoch.</summary>
    public ClassEpochs Epochs { get; private set; } = new();

    /// <summary>N.</summary>
    public long Members { get; private set; }

    /// <summary>The last position applied, by producer.</summary>
    public IReadOnlyDictionary<long, long> Watermarks => _watermarks;

    /// <summary>The newest mark, by producer: nothing more comes from it before that slice.</summary>
    public IReadOnlyDictionary<long, long> Marks => _marks;

    public long WatermarkOf(long producer) => _watermarks.GetValueOrDefault(producer);

    public long MarkOf(long producer) => _marks.GetValueOrDefault(producer, long.MinValue);

    /// <summary>Applies what a producer committed after one position and up to another, if it is next.</summary>
    /// <param name="changes">In any order; a slice may come more than once.</param>
    /// <param name="mark">The producer's newest mark, or <see cref="long.MinValue"/>.</param>
    public FoldResult Apply(long producer, long after, long through, ReadOnlySpan<SliceChange> changes, long mark)
    {
        long watermark = WatermarkOf(producer);
        if (through <= watermark) return FoldResult.Known;
        if (after != watermark) return FoldResult.Gap;

        foreach (SliceChange change in changes)
        {
            if (change.Units + change.WindowUnits is not 0 and var units) Window.Add(change.Slice, units);
            Epochs.Add(change, Members);
            Members += change.Members;
        }

        _watermarks[producer] = through;
        if (mark > MarkOf(producer)) _marks[producer] = mark;
        return FoldResult.Applied;
    }

    /// <summary>Steps over positions that are deleted: that is done only once a checkpoint of this class is beyond what it has there.</summary>
    public void SkipTo(long producer, long position)
    {
        if (position > WatermarkOf(producer)) _watermarks[producer] = position;
    }

    /// <summary>Forgets a producer whose log is gone.</summary>
    public void Drop(long producer)
    {
        _watermarks.Remove(producer);
        _marks.Remove(producer);
    }

    /// <summary>The fold as it was checkpointed.</summary>
    /// <param name="epochs">None in a checkpoint that is older than epochs.</param>
    public static ClassFold Restore(
        ClassWindow window, long members, IEnumerable<ProducerMark> producers, IEnumerable<EpochTotals> epochs, IEnumerable<LateTotal>? late = null)
    {
        var fold = new ClassFold(1) { Window = window, Members = members, Epochs = ClassEpochs.Restore(epochs, late ?? []) };
        foreach (ProducerMark producer in producers)
        {
            fold._watermarks[producer.Producer] = producer.Watermark;
            if (producer.Mark != long.MinValue) fold._marks[producer.Producer] = producer.Mark;
        }

        return fold;
    }

    /// <summary>What <see cref="Restore"/> needs of every producer.</summary>
    public IEnumerable<ProducerMark> Producers() =>
        _watermarks.Select(pair => new ProducerMark(pair.Key, pair.Value, MarkOf(pair.Key)));
}

/// <summary>How far a class has followed one producer.</summary>
/// <param name="Producer">The producer.</param>
/// <param name="Watermark">The last position applied.</param>
/// <param name="Mark">The newest mark, or <see cref="long.MinValue"/>.</param>
public readonly record struct ProducerMark(long Producer, long Watermark, long Mark);
