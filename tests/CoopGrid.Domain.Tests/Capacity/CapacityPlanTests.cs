using CoopGrid.Domain.Capacity;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

public class CapacityPlanTests
{
    [Theory]
    [InlineData(1000, new[] { 0 }, 250)]
    [InlineData(1000, new[] { 100, 0, 0 }, 125)]
    [InlineData(1000, new[] { 200, 600, 200 }, 58)]
    [InlineData(3, new[] { 0 }, 0)]
    public void The_largest_request_is_the_last_that_fits(long burst, int[] permille, long expected)
    {
        ClassPolicy policy = Plans.Policy(new(1000, burst), 1, permille);
        Assert.Equal(expected, CapacityPlan.LargestRequest(policy.Capacity, policy.Lanes));
    }

    [Fact]
    public void Caps_of_any_lease_add_up_to_its_burst_exactly()
    {
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            CapacityPlan plan = Plans.Random(random, new(random.Next(1, 100_000), random.Next(1, 100_000)));
            Lease lease = new(random.Next(0, 100_000), random.Next(0, 100_000));
            var buckets = new RoomBuckets(plan);
            buckets.SetLease(lease, 0);
            buckets.SetLease(lease with { UnitsPerSecond = 1000 }, 0);
            buckets.SetLease(lease, long.MaxValue / 2);
            Assert.Equal(lease.BurstUnits * 1_000_000, buckets.LevelMicroUnits);
        }
    }

    /// <summary>4.</summary>
    [Fact]
    public void Told_floors_lay_the_burst_out_and_leave_the_shared_bucket_half()
    {
        var random = new Random(3);
        for (int i = 0; i < 2000; i++)
        {
            CapacityPlan plan = Plans.Random(random, new(random.Next(1, 100_000), random.Next(1, 100_000)));
            Lease lease = new(random.Next(1, 100_000), random.Next(0, 100_000));
            long[] floors = [.. Enumerable.Range(0, plan.Lanes).Select(_ => random.NextInt64(lease.UnitsPerSecond * 1000))];
            var buckets = new RoomBuckets(plan);
            buckets.SetLease(lease, floors, 0);
            buckets.SetLease(lease, floors, long.MaxValue / 2);
            Assert.False(buckets.HasRoom(new(0, 0, lease.BurstUnits + 1), long.MaxValue / 2));
            Assert.Equal(lease.BurstUnits * 1_000_000, buckets.LevelMicroUnits);
        }
    }

    [Fact]
    public void The_largest_request_of_any_band_and_lane_fits_from_full_buckets_and_leaves_the_protected_quarter()
    {
        var random = new Random(2);
        for (int i = 0; i < 2000; i++)
        {
            Lease full = new(random.Next(1, 1000), random.Next(100, 100_000));
            CapacityPlan plan = Plans.Random(random, full);
            var request = new RoomRequest(random.Next(plan.Lanes), random.Next(Bands.Count), plan.MaxRequestUnits);
            var buckets = new RoomBuckets(plan);
            buckets.SetLease(full, 0);
            Assert.True(buckets.TryTake(request, long.MaxValue / 2));
            Assert.True(buckets.HasRoom(request with { Band = Bands.Protected }, long.MaxValue / 2));
            Assert.True(buckets.HasRoom(request with { Lane = plan.Lanes - 1, Band = Bands.Protected }, long.MaxValue / 2));
        }
    }

    [Fact]
    public void Thresholds_rise_from_nothing_over_a_quarter_to_a_half()
    {
        Assert.Equal(0, Bands.Threshold(2400, Bands.Protected));
        Assert.Equal(600, Bands.Threshold(2400, 1));
        Assert.Equal(1200, Bands.Threshold(2400, Bands.Bulk));
        for (int band = 1; band < Bands.Count; band++) Assert.True(Bands.Threshold(2400, band - 1) < Bands.Threshold(2400, band));
        Assert.Equal(Lease.MaxUnits * 1_000_000 / 2, Bands.Threshold(Lease.MaxUnits * 1_000_000, Bands.Bulk));
    }

    [Fact]
    public void A_bulk_lane_is_bulk_whatever_the_standing()
    {
        CapacityPlan plan = CapacityPlan.From(new ClassPolicy { Capacity = new() { UnitsPerSecond = 1005, BurstUnits = 1000 } });
        Assert.Equal(0, plan.BandFor(1, 0));
        Assert.Equal(17, plan.BandFor(0, 17));
        Assert.Equal(Bands.Bulk, plan.BandFor(2, 0));
        Assert.Equal(100, plan.FloorUnitsPerSecond(0));
    }
}
