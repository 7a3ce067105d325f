namespace CoopGrid.Grains.Usage;

/// <summary>
/// Paces a look that may be in vain: the next one comes when twice the time that the last one took has passed, and after ten seconds at the latest. So looks take a third of the
/// time at the most, however much there is to look at.
/// </summary>
internal sealed class LookPace
{
    private const long LongestPauseMicros = 10_000_000;

    private long _notBefore = long.MinValue;

    /// <summary>Whether it is time, by a monotonic clock in µs.</summary>
    public bool IsDue(long nowMicros) => nowMicros >= _notBefore;

    /// <summary>One look is over.</summary>
    public void Looked(long beganMicros, long endedMicros) => _notBefore = endedMicros + Math.Min(2 * (endedMicros - beganMicros), LongestPauseMicros);
}
