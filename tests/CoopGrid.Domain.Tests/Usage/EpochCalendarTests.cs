using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using CsCheck;
using NodaTime.TimeZones;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

public class EpochCalendarTests
{
    private const long Hour = 3_600_000;

    [Theory]
    [InlineData(EpochKind.Month, "Europe/Berlin", Hour, "2026-03-29T01:00Z", "2026-02-28T23:00Z", "2026-03-31T22:00Z")]
    [InlineData(EpochKind.Month, "Europe/Berlin", Hour, "2026-02-28T22:59Z", "2026-01-31T23:00Z", "2026-02-28T23:00Z")]
    [InlineData(EpochKind.Month, "America/New_York", Hour, "2026-11-15T00:00Z", "2026-11-01T04:00Z", "2026-12-01T05:00Z")]
    [InlineData(EpochKind.Month, "UTC", Hour, "1969-12-31T23:59:59Z", "1969-12-01T00:00Z", "1970-01-01T00:00Z")]
    [InlineData(EpochKind.Week, "Europe/Berlin", Hour, "2026-10-25T12:00Z", "2026-10-18T22:00Z", "2026-10-25T23:00Z")]
    [InlineData(EpochKind.Week, "America/New_York", Hour, "2026-03-08T12:00Z", "2026-03-02T05:00Z", "2026-03-09T04:00Z")]
    [InlineData(EpochKind.Week, "UTC", Hour, "2027-01-01T00:00Z", "2026-12-28T00:00Z", "2027-01-04T00:00Z")]
    [InlineData(EpochKind.Week, "UTC", Hour, "1970-01-01T00:00Z", "1969-12-29T00:00Z", "1970-01-05T00:00Z")]
    public void Calendar_epochs_start_on_local_days(EpochKind kind, string zone, long slice, string at, string start, string end) =>
        AssertSpan(kind, zone, slice, at, start, end);

    [Theory]
    // Half past the hour in India, and a slice as long as a day: the edge moves up to the next slice's start.
    [InlineData(EpochKind.Month, "Asia/Kolkata", Hour, "2026-05-31T19:00Z", "2026-05-31T19:00Z", "2026-06-30T19:00Z")]
    [InlineData(EpochKind.Month, "Asia/Kolkata", Hour, "2026-05-31T18:59Z", "2026-04-30T19:00Z", "2026-05-31T19:00Z")]
    [InlineData(EpochKind.Month, "Europe/Berlin", 24 * Hour, "2026-02-28T23:30Z", "2026-02-01T00:00Z", "2026-03-01T00:00Z")]
    public void Edges_move_up_to_the_next_slice(EpochKind kind, string zone, long slice, string at, string start, string end) =>
        AssertSpan(kind, zone, slice, at, start, end);

    [Theory]
    // Newfoundland fell back from 00:01 to 23:01 of the day before: two midnights, and the first one counts.
    [InlineData(EpochKind.Month, "America/St_Johns", Hour / 60, "2009-11-01T03:00Z", "2009-11-01T02:30Z", "2009-12-01T03:30Z")]
    [InlineData(EpochKind.Month, "America/St_Johns", Hour / 60, "2009-11-01T02:29Z", "2009-10-01T02:30Z", "2009-11-01T02:30Z")]
    // Paraguay sprang forward at midnight: the month began at 01:00.
    [InlineData(EpochKind.Month, "America/Asuncion", Hour, "2017-10-01T04:00Z", "2017-10-01T04:00Z", "2017-11-01T03:00Z")]
    public void Doubled_and_skipped_midnights_have_one_edge(EpochKind kind, string zone, long slice, string at, string start, string end) =>
        AssertSpan(kind, zone, slice, at, start, end);

    [Fact]
    public void Fixed_epochs_count_from_the_Unix_epoch()
    {
        var window = new WindowPolicy { SliceMs = 60_000, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 150_000 } };
        EpochSpan first = EpochCalendar.At(window.Epoch, window, "", Instant.FromUnixMs(179_999));
        Assert.Equal(new EpochSpan(0, Instant.FromUnixMs(0), Instant.FromUnixMs(180_000)), first);
        EpochSpan second = EpochCalendar.At(window.Epoch, window, "", first.End);
        Assert.Equal(new EpochSpan(1, Instant.FromUnixMs(180_000), Instant.FromUnixMs(300_000)), second);
        Assert.Equal(-1, EpochCalendar.At(window.Epoch, window, "", Instant.FromUnixMs(-1)).Number);
        Assert.Throws<ArgumentOutOfRangeException>(
            () => EpochCalendar.At(new() { Kind = EpochKind.Fixed }, window, "", Instant.FromUnixMs(0)));
    }

    [Fact]
    public void An_unknown_zone_is_an_error() =>
        Assert.Throws<DateTimeZoneNotFoundException>(() => EpochCalendar.At(new(), new(), "Europe/Atlantis", Instant.FromUnixMs(0)));

    [Fact]
    public void Epochs_follow_each_other_without_gap_or_overlap() =>
        Gen.Select(
            Gen.OneOf("Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "Pacific/Kiritimati"),
            Gen.Enum<EpochKind>(),
            Gen.OneOf(60_000L, 300_000L, 7_000_000L, Hour, 24 * Hour, 40 * 24 * Hour),
            Gen.Long[-631_152_000_000_000, 4_102_444_800_000_000]).Sample(
            (zone, kind, slice, micros) =>
            {
                var window = new WindowPolicy { SliceMs = slice, Epoch = new() { Kind = kind, FixedMs = 36 * Hour } };
                var at = new Instant(micros);
                EpochSpan epoch = EpochCalendar.At(window.Epoch, window, zone, at);
                Assert.True(epoch.Start <= at && at < epoch.End);
                Assert.Equal(epoch.Start, window.StartOf(window.SliceAt(epoch.Start)));
                Assert.Equal(epoch, EpochCalendar.At(window.Epoch, window, zone, epoch.Start));
                Assert.Equal(epoch, EpochCalendar.At(window.Epoch, window, zone, new(epoch.End.UnixMicroseconds - 1)));
                EpochSpan next = EpochCalendar.At(window.Epoch, window, zone, epoch.End);
                Assert.Equal(epoch.End, next.Start);
                Assert.Equal(epoch.End, EpochCalendar.NextStart(window.Epoch, window, zone, at));
                Assert.True(slice > 24 * Hour ? next.Number > epoch.Number : next.Number == epoch.Number + 1);
            },
            iter: 5000);

    private static void AssertSpan(EpochKind kind, string zone, long slice, string at, string start, string end)
    {
        var window = new WindowPolicy { SliceMs = slice, Epoch = new() { Kind = kind } };
        EpochSpan epoch = EpochCalendar.At(window.Epoch, window, zone, Utc.At(at));
        Assert.Equal((Utc.At(start), Utc.At(end)), (epoch.Start, epoch.End));
    }
}
