using CoopGrid.Model;
using NodaTime;
using NodaTime.TimeZones;
using Instant = CoopGrid.Model.Instant;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// The billing periods of a class (SPEC.md §3).
/// <list type="number">
/// <item>A month or an ISO week starts with its first local day in the co-op's time zone; where that midnight happens twice, at the first,
/// and where it is skipped, right after the gap. A fixed length counts from the Unix epoch.</item>
/// <item>Epoch edges are slice edges: each is moved up to the next one, unless it is one.</item>
/// <item>Epochs follow each other without gap or overlap, and every instant is in exactly one. (If an epoch were shorter than a slice,
/// those without an edge of their own would be left out.)</item>
/// </list>
/// Calendar kinds cover the years 1 to 9998.
/// </summary>
public static class EpochCalendar
{
    private static readonly LocalDate FirstMonth = new(1970, 1, 1);
    private static readonly LocalDate FirstMonday = new(1969, 12, 29);
    private static readonly ZoneLocalMappingResolver StartOfDay =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    /// <summary>The epoch that holds <paramref name="at"/>.</summary>
    /// <param name="epoch">What the epochs are.</param>
    /// <param name="window">Whose slices the edges belong to.</param>
    /// <param name="timeZone">IANA name of the co-op's time zone; unused by fixed epochs.</param>
    /// <param name="at">Any instant within the calendar's range.</param>
    /// <exception cref="DateTimeZoneNotFoundException">No such time zone.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A fixed epoch without a length above 0, or an instant out of range.</exception>
    public static EpochSpan At(EpochPolicy epoch, WindowPolicy window, string timeZone, Instant at)
    {
        DateTimeZone zone = epoch.Kind == EpochKind.Fixed ? DateTimeZone.Utc : DateTimeZoneProviders.Tzdb[timeZone];
        if (epoch.Kind == EpochKind.Fixed) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epoch.FixedMs);

        // An edge moved up to a slice's start is at or before this instant exactly if the edge itself is at or before its slice's start.
        Instant slice = window.StartOf(window.SliceAt(at));
        long number = Estimate(epoch, zone, slice);

        // Where a clock falls back over midnight, a local date comes twice, and the estimate is one short.
        while (Edge(epoch, zone, number + 1) <= slice) number++;
        while (Edge(epoch, zone, number) > slice) number--;
        return new(number, Up(window, Edge(epoch, zone, number)), Up(window, Edge(epoch, zone, number + 1)));
    }

    /// <summary>The first start of an epoch after <paramref name="at"/>; parameters and errors as for <see cref="At"/>.</summary>
    public static Instant NextStart(EpochPolicy epoch, WindowPolicy window, string timeZone, Instant at) =>
        At(epoch, window, timeZone, at).End;

    private static long Estimate(EpochPolicy epoch, DateTimeZone zone, Instant at)
    {
        if (epoch.Kind == EpochKind.Fixed) return Integers.FloorDiv(at.UnixMicroseconds, epoch.FixedMs * 1000);
        LocalDate date = NodaTime.Instant.FromUnixTimeTicks(at.UnixMicroseconds * 10).InZone(zone).Date;
        return epoch.Kind == EpochKind.Month
            ? ((date.Year - FirstMonth.Year) * 12) + date.Month - 1
            : Integers.FloorDiv(Period.DaysBetween(FirstMonday, date), 7);
    }

    /// <summary>The start of an epoch before it is moved to a slice edge.</summary>
    private static Instant Edge(EpochPolicy epoch, DateTimeZone zone, long number)
    {
        if (epoch.Kind == EpochKind.Fixed) return Instant.FromUnixMs(number * epoch.FixedMs);
        LocalDate first = epoch.Kind == EpochKind.Month ? FirstMonth.PlusMonths((int)number) : FirstMonday.PlusWeeks((int)number);
        return new(zone.ResolveLocal(first.AtMidnight(), StartOfDay).ToInstant().ToUnixTimeTicks() / 10);
    }

    private static Instant Up(WindowPolicy window, Instant edge)
    {
        Instant start = window.StartOf(window.SliceAt(edge));
        return start == edge ? edge : start.PlusMs(window.SliceMs);
    }
}
