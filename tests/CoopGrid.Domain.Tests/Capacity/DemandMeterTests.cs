using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

public class DemandMeterTests
{
    [Fact]
    public void It_counts_by_lane_and_band_and_starts_again()
    {
        var meter = new DemandMeter(2);
        meter.Admitted(new(0, 0, 5));
        meter.Refused(new(0, 60, 7));
        meter.Admitted(new(1, 61, 1));
        DemandSnapshot taken = meter.Take();
        Assert.Equal([new LaneDemand(5, 7), new LaneDemand(1, 0)], taken.Lanes);
        Assert.Equal(12, taken.Lanes[0].Demanded);
        Assert.Equal(7, taken.Demanded(0, 60));
        Assert.Equal([default, default], meter.Take().Lanes);
    }

    /// <summary>Guarantees of 10 % and 20 % of 1000; 0.1 s.</summary>
    [Fact]
    public void Demand_by_tier_puts_floors_first_and_counts_no_unit_twice()
    {
        CapacityPlan plan = Plans.Plan(new(1000, 1000), 10, 100, 0, 200);
        var meter = new DemandMeter(3);
        meter.Admitted(new(0, 0, 8));
        meter.Refused(new(0, 5, 6));
        meter.Refused(new(1, 0, 3));
        meter.Refused(new(2, 61, 50));
        GateDemand demand = meter.Take().ToGateDemand(plan, 100_000);
        Assert.Equal(GateDemand.TierCount, demand.Tiers.Length);
        Assert.Equal(100 + 200, demand.Tiers[0]);
        Assert.Equal(30, demand.Tiers[GateDemand.TierOf(0)]);
        Assert.Equal(40, demand.Tiers[GateDemand.TierOf(5)]);
        Assert.Equal(300, demand.Tiers[GateDemand.TierOf(61)]);
        Assert.Equal(670, demand.Tiers.Sum());
    }

    [Fact]
    public void A_rate_is_rounded_up()
    {
        var meter = new DemandMeter(1);
        meter.Refused(new(0, 0, 1));
        Assert.Equal(1, meter.Take().ToGateDemand(Plans.Plan(new(1000, 1000), 10, 0), 3_000_000).Tiers.Sum());
    }

    [Fact]
    public void Small_changes_of_demand_are_followed_slowly_and_large_ones_at_once()
    {
        var asked = default(GateDemand).Follow(new([0, 800]));
        Assert.Equal(800, asked.Tiers[1]);
        Assert.Equal(850, asked.Follow(new([0, 1200])).Tiers[1]);
        Assert.Equal(1600, asked.Follow(new([0, 1600])).Tiers[1]);
        Assert.Equal(0, asked.Follow(new([0, 400, 0])).Tiers[0]);
        Assert.Equal(400, asked.Follow(new([0, 400])).Tiers[1]);
        Assert.Empty(asked.Follow(new([])).Tiers);
    }
}
