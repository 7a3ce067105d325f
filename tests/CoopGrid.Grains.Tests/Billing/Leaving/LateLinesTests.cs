using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing.Leaving;

/// <summary>What priced the old slices of a report, by a history of rows for periods 10 to 12, 13, 14 to 17, and 18: each prices the slice after its periods.</summary>
public sealed class LateLinesTests
{
    private static readonly ClassId Homes = GridSilo.ClassOf("homes");

    private readonly Disk _disk = new();

    public LateLinesTests() => _disk.Prices[Homes] = new()
    {
        [10] = Row(10, 3, 1100),
        [13] = Row(13, 1, 1200),
        [14] = Row(14, 4, 1300),
        [18] = Row(18, 1, 1400),
    };

    [Fact]
    public async Task Each_slice_has_the_price_of_the_period_before_it() =>
        Assert.Equal([(11, 1100), (13, 1100), (14, 1200), (15, 1300), (18, 1300), (19, 1400)], await Before(100, 11, 13, 14, 15, 18, 19));

    /// <summary>Seen to fail without it, and with the slice of the first row's own period left out.</summary>
    [Fact]
    public async Task What_is_before_the_first_row_is_at_1000() =>
        Assert.Equal([(3, 1000), (10, 1000), (11, 1100)], await Before(100, 3, 10, 11));

    /// <summary>Seen to fail with such slices at 1000, and with the last row's multiplier.</summary>
    [Fact]
    public async Task What_the_history_does_not_reach_is_left_out()
    {
        Assert.Equal([(18, 1300), (19, 1400)], await Before(100, 18, 19, 20, 21));
        Assert.Empty(await Before(100, 20));
        _disk.Prices.Clear();
        Assert.Empty(await Before(100, 3));
    }

    /// <summary>Two slices, so two rows at once. Seen to fail with one look, and with every look's first row taken for the history's.</summary>
    [Fact]
    public async Task A_report_may_span_more_rows_than_are_read_at_once() =>
        Assert.Equal([(11, 1100), (19, 1400)], await Before(100, 11, 19));

    [Fact]
    public async Task What_the_silo_knows_is_not_looked_up()
    {
        Assert.Equal([(11, 1100)], await Before(14, 11, 14, 15));
        Assert.Empty(await Before(11, 11));
    }

    private static PricePeriod Row(long period, long count, int multiplier) => new(period, count, 0, 1, 10, 0, 2000, 1000, multiplier, multiplier);

    private async Task<IEnumerable<(int, int)>> Before(long known, params long[] slices)
    {
        var lines = new LateLines(new DiskBills(_disk, new()), new DiskHistories(_disk, new()), new(new FakeTimeProvider()));
        var report = new UsageReport { Meter = "roof", Sequence = 1, Slices = [.. slices.Select(slice => new SliceUsage(slice, 1))] };
        return (await lines.MultipliersBeforeAsync(Homes, report, known, TestContext.Current.CancellationToken))
            .OrderBy(one => one.Key)
            .Select(one => ((int)one.Key, one.Value));
    }
}
