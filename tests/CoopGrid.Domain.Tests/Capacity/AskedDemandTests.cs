using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>The numbered rules of <see cref="AskedDemand"/>. Plan: 1000 units/s, a burst of 1000; lane 0 has a guarantee of 100 ‰, lane 2 is bulk.</summary>
public class AskedDemandTests
{
    private const long Interval = 50_000;
    private static readonly CapacityPlan Plan = Plans.Plan(new(1000, 1000), 10, 100, 0, 0);
    private readonly DemandMeter _meter = new(Plan.Lanes);
    private readonly AskedDemand _asker = new(Plan);
    private readonly long[] _waiting = new long[GateDemand.Length(Plan.Lanes)];

    /// <summary>1. Seen to fail with every change followed at once, and with none.</summary>
    [Fact]
    public void Chance_is_followed_slowly_and_a_demand_that_has_moved_at_once()
    {
        Assert.Equal(800, Next(1, 20, requestUnits: 2).Of(1, 5));
        Assert.Equal(800 + 25, Next(1, 30, requestUnits: 2).Of(1, 5));
        Assert.Equal(4000, Next(1, 100, requestUnits: 2).Of(1, 5));
        Assert.InRange(Next(1, 60, requestUnits: 2).Of(1, 5), 3900, 3900);
        Assert.Equal(2000, Next(1, 50, requestUnits: 2).Of(1, 5));
        Assert.Equal(0, Next(1, 0, requestUnits: 2).Of(1, 5));
    }

    /// <summary>1. The same units in a few large requests may be chance.</summary>
    [Fact]
    public void What_is_chance_is_told_by_the_size_of_requests()
    {
        Next(1, 4, requestUnits: 10);
        Assert.InRange(Next(1, 8, requestUnits: 10).Of(1, 5), 801, 900);
    }

    [Fact]
    public void A_long_interval_counts_for_all_of_it()
    {
        Next(1, 20, requestUnits: 2);
        for (int i = 0; i < 200; i++) _meter.Refused(new(1, 5, 2));
        Assert.Equal(500, _asker.Next(_meter.Take(), _waiting, 800_000).Of(1, 5));
    }

    /// <summary>2. Seen to fail with nobody asked for who waits.</summary>
    [Fact]
    public void Who_waits_is_asked_for_within_a_tenth_of_a_second()
    {
        _waiting[GateDemand.At(1, 7)] = 12;
        GateDemand asked = _asker.Next(_meter.Take(), _waiting, Interval);
        Assert.Equal(120, asked.Of(1, 7));
        Assert.Equal(120, asked.Rates.Sum());
        _waiting[GateDemand.At(1, 7)] = 0;
        Assert.Equal(0, _asker.Next(_meter.Take(), _waiting, Interval).Rates.Sum());
    }

    private GateDemand Next(int lane, int requests, int requestUnits)
    {
        for (int i = 0; i < requests; i++) _meter.Refused(new(lane, 5, requestUnits));
        return _asker.Next(_meter.Take(), _waiting, Interval);
    }
}
