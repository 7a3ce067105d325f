using System.Globalization;

namespace CoopGrid.Model;

/// <summary>A moment in UTC, in whole microseconds since 1970-01-01T00:00:00Z. <c>default</c> is that moment.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.Instant")]
public readonly record struct Instant([property: Id(0)] long UnixMicroseconds) : IComparable<Instant>
{
    public static Instant FromUnixMs(long milliseconds) => new(milliseconds * 1000);

    /// <summary>Reads the wall clock of <paramref name="clock"/>.</summary>
    public static Instant Now(TimeProvider clock) => From(clock.GetUtcNow());

    public static Instant From(DateTimeOffset time) =>
        new((time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>Whole milliseconds since the Unix epoch, rounded down.</summary>
    public long UnixMs => Integers.FloorDiv(UnixMicroseconds, 1000);

    public DateTimeOffset ToDateTimeOffset() => DateTimeOffset.UnixEpoch.AddTicks(UnixMicroseconds * TimeSpan.TicksPerMicrosecond);

    public Instant PlusMs(long milliseconds) => new(UnixMicroseconds + (milliseconds * 1000));

    public int CompareTo(Instant other) => UnixMicroseconds.CompareTo(other.UnixMicroseconds);

    public static Instant Max(Instant a, Instant b) => a >= b ? a : b;

    public static bool operator <(Instant a, Instant b) => a.UnixMicroseconds < b.UnixMicroseconds;

    public static bool operator >(Instant a, Instant b) => a.UnixMicroseconds > b.UnixMicroseconds;

    public static bool operator <=(Instant a, Instant b) => a.UnixMicroseconds <= b.UnixMicroseconds;

    public static bool operator >=(Instant a, Instant b) => a.UnixMicroseconds >= b.UnixMicroseconds;

    public override string ToString() =>
        ToDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
