using System.Collections.Immutable;
using CoopGrid.Model;
using NodaTime;
using NodaTime.TimeZones;
using Instant = CoopGrid.Model.Instant;

namespace CoopGrid.Domain.Pricing;

/// <summary>
/// A class's weekly table of multipliers in its co-op's time zone (SPEC.md §6).
/// <list type="number">
/// <item>The value at an instant is the first band's that holds the local weekday and minute; 1000 outside all bands.</item>
/// <item>The table is by the clock on the wall: an hour that is skipped has no minutes, one that comes twice counts twice.</item>
/// <item>Between an instant and its next change the value is the same.</item>
/// </list>
/// </summary>
public sealed class TimeOfUse
{
    /// <summary>The end of the year 9999: what <see cref="NextChange"/> answers if the value never changes.</summary>
    public static readonly Instant Never = new(253_402_300_799_999_999);

    private const int MinutesPerDay = 24 * 60;
    private const int MinutesPerWeek = 7 * MinutesPerDay;
    private const long MicrosecondsPerMinute = 60_000_000;

    private readonly DateTimeZone _zone;

    // Minutes of the week (from Monday 00:00) at which the value changes, ascending, and the value from each on.
    private readonly int[] _changes;
    private readonly int[] _values;
    private readonly int _atWeekStart;

    /// <param name="bands">Valid bands; none means always 1000.</param>
    /// <param name="timeZone">IANA name of the co-op's time zone.</param>
    /// <exception cref="DateTimeZoneNotFoundException">No such time zone.</exception>
    public TimeOfUse(ImmutableArray<TouBand> bands, string timeZone)
    {
        _zone = DateTimeZoneProviders.Tzdb[timeZone];
        ImmutableArray<TouBand> table = bands.IsDefault ? [] : bands;
        var changes = new List<int>();
        var values = new List<int>();
        int before = ValueAt(table, MinutesPerWeek - 1);
        for (int minute = 0; minute < MinutesPerWeek; minute++)
        {
            int value = ValueAt(table, minute);
            if (value == before) continue;
            changes.Add(minute);
            values.Add(value);
            before = value;
        }

        _changes = [.. changes];
        _values = [.. values];
        _atWeekStart = before;
    }

    /// <summary>The multiplier at an instant, in per-mille.</summary>
    public int PermilleAt(Instant at)
    {
        if (_changes.Length == 0) return _atWeekStart;
        (int minute, _) = LocalMinute(at, OffsetAt(at).WallOffset);
        int passed = Passed(minute);
        return passed == 0 ? _atWeekStart : _values[passed - 1];
    }

    /// <summary>
    /// An instant after <paramref name="at"/> up to which the value stays as it is: the next change in the table, or the next change of the
    /// clocks if that is earlier; <see cref="Never"/> if the value never changes.
    /// </summary>
    public Instant NextChange(Instant at)
    {
        if (_changes.Length == 0) return Never;
        ZoneInterval offset = OffsetAt(at);
        (int minute, long into) = LocalMinute(at, offset.WallOffset);
        int passed = Passed(minute);
        int next = passed < _changes.Length ? _changes[passed] : _changes[0] + MinutesPerWeek;
        Instant change = new(at.UnixMicroseconds - into + ((next - minute) * MicrosecondsPerMinute));
        if (!offset.HasEnd) return change;

        Instant clocks = new(offset.End.ToUnixTimeTicks() / 10);
        return clocks < change ? clocks : change;
    }

    private static int ValueAt(ImmutableArray<TouBand> bands, int minuteOfWeek)
    {
        (int day, int minute) = Math.DivRem(minuteOfWeek, MinutesPerDay);
        foreach (TouBand band in bands)
        {
            if ((band.Days >> day & 1) == 1 && minute >= band.FromMinute && minute < band.ToMinute) return band.Permille;
        }

        return 1000;
    }

    private ZoneInterval OffsetAt(Instant at) =>
        _zone.GetZoneInterval(NodaTime.Instant.FromUnixTimeTicks(at.UnixMicroseconds * 10));

    /// <summary>The local minute of the week, and the microseconds that have passed in it.</summary>
    private static (int Minute, long Into) LocalMinute(Instant at, Offset offset)
    {
        // The Unix epoch was a Thursday.
        long local = at.UnixMicroseconds + (offset.Ticks / 10) + (3 * MinutesPerDay * MicrosecondsPerMinute);
        long minutes = Integers.FloorDiv(local, MicrosecondsPerMinute);
        long week = Integers.FloorDiv(minutes, MinutesPerWeek);
        return ((int)(minutes - (week * MinutesPerWeek)), local - (minutes * MicrosecondsPerMinute));
    }

    /// <summary>How many changes of the week lie at or before a minute.</summary>
    private int Passed(int minute)
    {
        int place = Array.BinarySearch(_changes, minute);
        return place >= 0 ? place + 1 : ~place;
    }
}
