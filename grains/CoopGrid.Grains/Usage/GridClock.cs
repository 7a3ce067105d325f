using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// The silo's one clock. UTC is carried forward on the monotonic clock, so one reading serves the class's room, the lease and the
/// stamp (C1), and a step of the wall clock reaches decisions only through <see cref="Correct"/>.
/// </summary>
public sealed class GridClock
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(20);

    private readonly TimeProvider _time;
    private readonly long _origin;

    // 0 if that is no whole number.
    private readonly long _ticksPerMicro;
    private Anchor _anchor;

    public GridClock(TimeProvider time)
    {
        _time = time;
        _origin = time.GetTimestamp();
        _ticksPerMicro = time.TimestampFrequency % 1_000_000 == 0 ? time.TimestampFrequency / 1_000_000 : 0;
        _anchor = new(Instant.Now(time).UnixMicroseconds);
    }

    /// <summary>The time source, for timers.</summary>
    public TimeProvider Time => _time;

    /// <summary>Reads the clock once.</summary>
    public Reading Read()
    {
        long micros = Micros();
        return new(new Instant(Volatile.Read(ref _anchor).UnixMicrosAtOrigin + micros), micros);
    }

    /// <summary>Follows the wall clock if it has gone another way than the monotonic one.</summary>
    public void Correct()
    {
        // Two that correct at once must come to the same anchor, and a thread that was held up in between must not correct at all.
        Anchor anchor = Volatile.Read(ref _anchor);
        long before = Micros();
        long wall = Instant.Now(_time).UnixMicroseconds - anchor.UnixMicrosAtOrigin;
        long after = Micros();
        long off = wall < before ? wall - before : Math.Max(0, wall - after);
        if (Math.Abs(off) > Tolerance.TotalMicroseconds) Volatile.Write(ref _anchor, new(anchor.UnixMicrosAtOrigin + off));
    }

    private long Micros()
    {
        long ticks = _time.GetTimestamp() - _origin;
        return _ticksPerMicro > 0 ? ticks / _ticksPerMicro : (long)((Int128)ticks * 1_000_000 / _time.TimestampFrequency);
    }

    private sealed record Anchor(long UnixMicrosAtOrigin);
}

/// <summary>One reading of the silo's clock.</summary>
/// <param name="Now">The moment in UTC.</param>
/// <param name="Micros">The same moment on the monotonic clock, in µs since the silo's start.</param>
public readonly record struct Reading(Instant Now, long Micros);
