using System.Runtime.CompilerServices;

namespace CoopGrid.Grains.Ledger;

/// <summary>How much may wait for the ledger's store, and how patiently it is tried again. Settings <c>CoopGrid:Ledger</c>.</summary>
public sealed record LedgerOptions
{
    /// <summary>Longest single entry, in bytes.</summary>
    public const int MaxEntryBytes = 32 * 1024;

    /// <summary>For how long after it was sent a commit shows that the log is open, in ms: less than any silo is silent before it is taken for dead.</summary>
    public const int ProofMs = 500;

    /// <summary>Entry bytes at which a gathering segment is full: 65,536 to 64 Mi.</summary>
    public int MaxSegmentBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Entries at which a gathering segment is full: 1 to 1,000,000.</summary>
    public int MaxSegmentEntries { get; init; } = 32_768;

    /// <summary>Entries from which a segment shows load: 2 to 1,000,000.</summary>
    public int LoadedEntries { get; init; } = 16;

    /// <summary>Entries that are worth a commit under load; more are not waited for: 2 to 1,000,000.</summary>
    public int EnoughEntries { get; init; } = 128;

    /// <summary>How long a segment waits for enough entries under load while commits are quick, in ms: 1 to 60,000.</summary>
    public int LeastGatherMs { get; init; } = 1;

    /// <summary>How long it waits for them at most, in ms: at least <see cref="LeastGatherMs"/>, at most 60,000.</summary>
    public int LongestGatherMs { get; init; } = 5;

    /// <summary>How long a commit may take before its waiters are told that nothing is known, in ms: 50 to 60,000.</summary>
    public int StallAfterMs { get; init; } = 1000;

    /// <summary>Wait before the first retry of a failed commit, in ms; it doubles with each: 1 to 10,000.</summary>
    public int FirstRetryMs { get; init; } = 20;

    /// <summary>Longest wait between retries, in ms: at least <see cref="FirstRetryMs"/>, at most 60,000.</summary>
    public int LongestRetryMs { get; init; } = 1000;

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        Check(MaxSegmentBytes, 65_536, 64 * 1024 * 1024);
        Check(MaxSegmentEntries, 1, 1_000_000);
        Check(LoadedEntries, 2, 1_000_000);
        Check(EnoughEntries, 2, 1_000_000);
        Check(LeastGatherMs, 1, 60_000);
        Check(LongestGatherMs, LeastGatherMs, 60_000);
        Check(StallAfterMs, 50, 60_000);
        Check(FirstRetryMs, 1, 10_000);
        Check(LongestRetryMs, FirstRetryMs, 60_000);
    }

    /// <summary>
    /// Entries that the next segment gathers before it is written. Without load 1: nobody waits for others. Under load twice as many as in
    /// the last one, until it is enough; if so many do not come in time, the next one is written at once.
    /// </summary>
    internal int EnoughAfter(int entries) => entries < LoadedEntries ? 1 : Math.Min(EnoughEntries, 2 * entries);

    /// <summary>
    /// How long the next segment may wait for enough entries: as long as the last commit took, within bounds. The busier the store and its
    /// machine, the longer a commit takes and the more it saves to make fewer; and nobody waits much longer for gathering than for the commit itself.
    /// </summary>
    internal TimeSpan GatherAfter(TimeSpan commit) =>
        TimeSpan.FromTicks(Math.Clamp(commit.Ticks, LeastGatherMs * TimeSpan.TicksPerMillisecond, LongestGatherMs * TimeSpan.TicksPerMillisecond));

    private static void Check(int value, int least, int most, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"CoopGrid:Ledger:{name} must be from {least} to {most}.");
    }
}
