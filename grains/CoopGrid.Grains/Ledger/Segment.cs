using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>
/// One transaction of the ledger: everything that a silo decided within one commit. <see cref="Bytes"/> belong to the writer and hold
/// until the commit is answered.
/// </summary>
public sealed class Segment
{
    /// <summary>The log.</summary>
    public required long Producer { get; init; }

    /// <summary>The place in it, from 1.</summary>
    public required long Position { get; init; }

    /// <summary>The stored form: deltas, marks and entries.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Merged per class and slice, without those that came to nothing.</summary>
    public IReadOnlyList<ClassDelta> Deltas { get; init; } = [];

    /// <summary>At most one for each class.</summary>
    public IReadOnlyList<SliceMark> Marks { get; init; } = [];

    /// <summary>Rows of the member directory that go into the same transaction, in order.</summary>
    public IReadOnlyList<DirectoryChange> Changes { get; init; } = [];
}

/// <summary>One entry read back: whose it is, and its bytes as they were appended.</summary>
public readonly record struct LedgerEntry(MemberId Member, ReadOnlyMemory<byte> Bytes);

/// <summary>Is told of each commit.</summary>
public interface ICommitObserver
{
    /// <summary>
    /// A segment is durable. Called in the order of positions, on the ledger's thread and before those who wait for it: be quick, do
    /// not block.
    /// </summary>
    void OnCommitted(long position, IReadOnlyList<ClassDelta> deltas, IReadOnlyList<SliceMark> marks);
}

/// <summary>What a ledger entry changes in its class. Both numbers may be negative: cancels give units back, members leave.</summary>
/// <param name="Class">The class whose fold changes.</param>
/// <param name="Slice">The slice that the change belongs to.</param>
/// <param name="Units">Units added to the slice's usage.</param>
/// <param name="Members">Members that count from the slice on (above 0), or count no more from it on (below 0): a leaver's last slice is the one before.</param>
/// <param name="WindowUnits">Units that change the rolling window alone: below 0 what a leaver takes along. Its epoch keeps what was used.</param>
/// <param name="LateUnits">Units that came after their slice was closed: they change no sum, and are published as the epoch's late total.</param>
public readonly record struct ClassDelta(ClassId Class, long Slice, long Units, long Members, long WindowUnits = 0, long LateUnits = 0)
{
    /// <summary>Whether it is beyond any promise of a mark: it changes neither a slice nor an epoch.</summary>
    public bool IsFree => Units == 0 && Members == 0;

    public bool IsNothing => IsFree && WindowUnits == 0 && LateUnits == 0;
}

/// <summary>
/// A producer's promise (L5a): no later entry of it adds to a slice of the class before <paramref name="Slice"/>, and none gives anything back
/// in an epoch that this slice closes by the class's schedule.
/// </summary>
/// <param name="Class">The class.</param>
/// <param name="Slice">The first slice that may still get entries.</param>
public readonly record struct SliceMark(ClassId Class, long Slice);
