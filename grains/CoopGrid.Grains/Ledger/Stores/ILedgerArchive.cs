namespace CoopGrid.Grains.Ledger;

/// <summary>
/// The log as an auditor reads it: segments that no checkpoint needs any more too, for as long as they are kept (<see cref="LedgerOptions.KeepDays"/>). The grid
/// itself never reads it.
/// </summary>
public interface ILedgerArchive
{
    /// <summary>
    /// Segments after a position that are still there, at most <paramref name="limit"/>, in order. What was deleted is missing without a word: look at the positions.
    /// </summary>
    Task<IReadOnlyList<SegmentRow>> ReadKeptAsync(long producer, long afterPosition, int limit, CancellationToken cancellation);
}

/// <summary>When segments that were let go are deleted. By whole hours, so that few rows say what was let go when.</summary>
/// <param name="Days">Kept for so long at least; 0 = deleted at once.</param>
public readonly record struct SegmentsKept(int Days)
{
    private const long HourMs = 3_600_000;

    /// <summary>The hour of a moment.</summary>
    public static long HourOf(Model.Instant now) => Model.Integers.FloorDiv(now.UnixMs, HourMs);

    /// <summary>What was let go in this hour or before it is deleted now.</summary>
    public long LastDue(Model.Instant now) => Days == 0 ? HourOf(now) : HourOf(now) - (24L * Days) - 1;
}
