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
        Assert.Equal((13, 75), (taken.Units, (int)taken.Squares));
        Assert.Equal([new LaneDemand(5, 7), new LaneDemand(1, 0)], taken.Lanes);
        Assert.Equal(12, taken.Lanes[0].Demanded);
        Assert.Equal(7, taken.Demanded(0, 60));
        Assert.Equal([default, default], meter.Take().Lanes);
    }
}
