using System.Collections.Immutable;
using CoopGrid.Domain.Pricing;
using CoopGrid.Domain.Tests.Usage;
using CoopGrid.Model;
using CsCheck;
using NodaTime;
using NodaTime.TimeZones;
using Xunit;
using Instant = CoopGrid.Model.Instant;

namespace CoopGrid.Domain.Tests.Pricing;

public class TimeOfUseTests
{
    private const byte Sunday = 0b1000000;

    /// <summary>Sundays from 01:00 to 04:00: over the hour that is skipped or comes twice.</summary>
    private static readonly ImmutableArray<TouBand> Night = [new() { Days = Sunday, FromMinute = 60, ToMinute = 240, Permille = 1500 }];

    /// <summary>Sundays from 02:00 to 03:00: in Europe, that hour itself.</summary>
    private static readonly ImmutableArray<TouBand> Hour = [new() { Days = Sunday, FromMinute = 120, ToMinute = 180, Permille = 1500 }];

    // Two hours in spring, four in autumn.
    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29T00:00Z", "2026-03-29T02:00Z")]
    [InlineData("Europe/Berlin", "2026-10-24T23:00Z", "2026-10-25T03:00Z")]
    [InlineData("Europe/Berlin", "2026-06-13T23:00Z", "2026-06-14T02:00Z")]
    [InlineData("America/New_York", "2026-03-08T06:00Z", "2026-03-08T08:00Z")]
    [InlineData("America/New_York", "2026-11-01T05:00Z", "2026-11-01T09:00Z")]
    public void A_band_goes_by_the_clock_on_the_wall(string zone, string from, string to)
    {
        var table = new TimeOfUse(Night, zone);
        Instant start = Utc.At(from);
        Instant end = Utc.At(to);
        Assert.Equal(1000, table.PermilleAt(new(start.UnixMicroseconds - 1)));
        for (Instant at = start; at < end; at = at.PlusMs(60_000)) Assert.Equal(1500, table.PermilleAt(at));
        Assert.Equal(1500, table.PermilleAt(new(end.UnixMicroseconds - 1)));
        Assert.Equal(1000, table.PermilleAt(end));
    }

    [Fact]
    public void A_skipped_hour_never_comes_and_a_doubled_one_comes_twice()
    {
        var table = new TimeOfUse(Hour, "Europe/Berlin");
        for (Instant at = Utc.At("2026-03-28T23:00Z"); at < Utc.At("2026-03-29T22:00Z"); at = at.PlusMs(60_000))
            Assert.Equal(1000, table.PermilleAt(at));
        Assert.Equal(
            [1000, 1500, 1500, 1000],
            ((string[])["2026-10-24T23:59Z", "2026-10-25T00:00Z", "2026-10-25T01:59Z", "2026-10-25T02:00Z"]).Select(t => table.PermilleAt(Utc.At(t))));
    }

    [Theory]
    [InlineData("2026-03-28T12:00Z", "2026-03-29T01:00Z")]
    [InlineData("2026-03-29T01:00Z", "2026-04-05T00:00Z")]
    [InlineData("2026-04-05T00:00Z", "2026-04-05T01:00Z")]
    [InlineData("2026-04-05T00:59:59.5Z", "2026-04-05T01:00Z")]
    [InlineData("2026-10-25T00:00Z", "2026-10-25T01:00Z")]
    [InlineData("2026-10-25T01:00Z", "2026-10-25T02:00Z")]
    public void The_next_change_is_the_tables_or_the_clocks(string at, string change) =>
        Assert.Equal(Utc.At(change), new TimeOfUse(Hour, "Europe/Berlin").NextChange(Utc.At(at)));

    [Fact]
    public void Without_bands_it_is_1000_for_ever()
    {
        foreach (ImmutableArray<TouBand> bands in (ImmutableArray<TouBand>[])[[], default, [new() { Days = 127, FromMinute = 0, ToMinute = 9, Permille = 1000 }]])
        {
            var table = new TimeOfUse(bands, "Europe/Berlin");
            Assert.Equal(1000, table.PermilleAt(Utc.At("2026-03-29T00:05Z")));
            Assert.Equal(TimeOfUse.Never, table.NextChange(Utc.At("2026-03-29T00:05Z")));
        }

        Assert.Equal("9999-12-31T23:59:59.999999Z", TimeOfUse.Never.ToString());
        Assert.Throws<DateTimeZoneNotFoundException>(() => new TimeOfUse([], "Europe/Atlantis"));
    }

    [Fact]
    public void The_first_band_that_holds_the_moment_counts()
    {
        var table = new TimeOfUse(
            [
                new() { Days = 127, FromMinute = 60, ToMinute = 120, Permille = 1200 },
                new() { Days = 127, FromMinute = 0, ToMinute = 1440, Permille = 800 },
            ],
            "UTC");
        Assert.Equal(
            [800, 1200, 1200, 800],
            ((string[])["2026-01-01T00:59Z", "2026-01-01T01:00Z", "2026-01-01T01:59Z", "2026-01-01T02:00Z"]).Select(t => table.PermilleAt(Utc.At(t))));
    }

    [Fact]
    public void Between_changes_the_value_is_the_oracles_and_does_not_move() =>
        Gen.Select(
            Gen.OneOf("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"),
            Gen.Select(Gen.Byte[0, 127], Gen.Int[0, 1380], Gen.Int[1, 1440], Gen.OneOf(700, 1000, 1500))
                .Select(b => new TouBand { Days = b.Item1, FromMinute = b.Item2, ToMinute = Math.Min(1440, b.Item2 + b.Item3), Permille = b.Item4 })
                .Array[0, 5],
            Gen.Long[1_200_000_000_000_000, 1_900_000_000_000_000]).Sample(
            (zone, bands, micros) =>
            {
                var table = new TimeOfUse([.. bands], zone);
                var at = new Instant(micros);
                int value = Oracle(bands, zone, at);
                Assert.Equal(value, table.PermilleAt(at));
                Instant change = table.NextChange(at);
                Assert.True(change > at);
                if (change == TimeOfUse.Never) return;
                Assert.Equal(value, table.PermilleAt(new(change.UnixMicroseconds - 1)));
                Assert.Equal(Oracle(bands, zone, change), table.PermilleAt(change));
                for (Instant probe = at; probe < change; probe = probe.PlusMs(420_000)) Assert.Equal(value, Oracle(bands, zone, probe));
            },
            iter: 2000);

    [Fact]
    public void The_oracle_reads_the_wall_clock()
    {
        Assert.Equal(1500, Oracle([.. Hour], "Europe/Berlin", Utc.At("2026-10-25T00:00Z")));
        Assert.Equal(1000, Oracle([.. Hour], "Europe/Berlin", Utc.At("2026-10-26T00:00Z")));
        Assert.Equal(1000, Oracle([.. Hour], "Europe/Berlin", Utc.At("2026-10-25T02:00Z")));
    }

    private static int Oracle(TouBand[] bands, string zone, Instant at)
    {
        ZonedDateTime local = NodaTime.Instant.FromUnixTimeTicks(at.UnixMicroseconds * 10).InZone(DateTimeZoneProviders.Tzdb[zone]);
        int minute = (local.Hour * 60) + local.Minute;
        TouBand? band = bands.FirstOrDefault(
            b => (b.Days & (1 << ((int)local.DayOfWeek - 1))) != 0 && b.FromMinute <= minute && minute < b.ToMinute);
        return band?.Permille ?? 1000;
    }
}
