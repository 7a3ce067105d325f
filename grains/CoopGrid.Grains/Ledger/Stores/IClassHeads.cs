using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>
/// What of a class must be decided in one place whoever its activation is: its epoch, its first slice that is not closed, and its histories.
/// An activation raises the epoch before it does anything; one with an older epoch writes nothing any more.
/// </summary>
public interface IClassHeads
{
    /// <summary>All classes, by name.</summary>
    Task<IReadOnlyList<ClassId>> ListAsync(CancellationToken cancellation);

    /// <summary>Makes the class known; harmless if it is.</summary>
    /// <param name="head">Where a new class begins.</param>
    Task FoundAsync(ClassId @class, ClassHead head, CancellationToken cancellation);

    /// <summary>The class's head, or null if it was never founded.</summary>
    Task<ClassHead?> ReadAsync(ClassId @class, CancellationToken cancellation);

    /// <summary>Raises the epoch by one and returns the head as it is then.</summary>
    /// <exception cref="KeyNotFoundException">The class was never founded.</exception>
    Task<ClassHead> RaiseEpochAsync(ClassId @class, CancellationToken cancellation);

    /// <summary>Writes price rows, all or none; a row whose period is there already replaces it, so that a run can grow.</summary>
    /// <returns>False if the epoch is not the class's newest: nothing is written.</returns>
    Task<bool> AppendPricesAsync(ClassId @class, long epoch, IReadOnlyList<PricePeriod> rows, CancellationToken cancellation);

    /// <summary>
    /// Closes the slices before <see cref="SliceClosing.OpenSlice"/> and writes their rows, in one transaction. A producer that registers after it
    /// begins with that slice (L5a), because it reads the head after its registration. Rows of slices that are closed already stay as they
    /// are: a closing whose outcome is unknown is sent again, and a cancel may have come between.
    /// </summary>
    Task<ClosingOutcome> CloseSlicesAsync(ClassId @class, SliceClosing closing, CancellationToken cancellation);
}

/// <summary>What every activation of a class, and every gate, begins with.</summary>
/// <param name="Epoch">Raised by every activation.</param>
/// <param name="OpenSlice">The first slice that is not closed.</param>
public readonly record struct ClassHead(long Epoch, long OpenSlice);

/// <summary>Slices that every producer has promised to add nothing to.</summary>
/// <param name="Epoch">The closing activation's.</param>
/// <param name="LastProducer">The newest producer that was asked: if there is a newer one by now, nothing is closed.</param>
/// <param name="OpenSlice">The first slice that stays open; one at or before the head's changes nothing.</param>
/// <param name="Rows">The closed slices, oldest first.</param>
public sealed record SliceClosing(long Epoch, long LastProducer, long OpenSlice, IReadOnlyList<SliceRow> Rows);

/// <summary>What became of a closing.</summary>
public enum ClosingOutcome
{
    Closed = 0,

    /// <summary>A producer has registered meanwhile: ask it too.</summary>
    ProducerJoined = 1,

    /// <summary>A later activation of the class is at work.</summary>
    Superseded = 2,
}
