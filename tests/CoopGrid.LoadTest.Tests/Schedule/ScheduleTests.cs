using CoopGrid.LoadTest.Schedule;

namespace CoopGrid.LoadTest.Tests.Schedule;

public sealed class ScheduleTests
{
    [Fact]
    public void Patient_members_have_a_group_and_a_lane_of_their_own_and_nothing_else_changes()
    {
        Workload before = new(["a", "b", "c"], ["all"], ["", "bulk"], [new(5, 0, 0, 0, 1), new(6, 1, 0, 0, 2), new(7, 0, 0, 1, 3)]);
        Workload after = Patient.Mark(before, 500, "bulk");
        Assert.Equal(["all", Patient.Group], after.Groups);
        Assert.Equal(["", "bulk"], after.Lanes);
        Assert.Equal([new PlannedSend(5, 0, 1, 1, 1), new PlannedSend(6, 1, 0, 0, 2), new PlannedSend(7, 0, 1, 1, 3)], after.Sends);
        Assert.Equal(["", "bulk", "slow"], Patient.Mark(before, 500, "slow").Lanes);
        foreach (int permille in (int[])[0, 300, 1000]) Assert.Equal(permille, Enumerable.Range(0, 1000).Count(member => Patient.Is(member, permille)));
    }

    [Fact]
    public void Poisson_arrivals_come_at_their_rate_with_exponential_gaps()
    {
        long[] times = [.. Arrivals.Times(_ => 1000, 100, ArrivalKind.Poisson, new SplitMix(1))];
        Assert.InRange(times.Length, 99_000, 101_000);
        double[] gaps = [.. times.Zip(times.Skip(1), (a, b) => (b - a) / 1000.0)];
        double mean = gaps.Average(), variance = gaps.Average(gap => (gap - mean) * (gap - mean));
        Assert.InRange(variance, 0.95, 1.05);
    }

    [Fact]
    public void Uniform_arrivals_are_evenly_spaced()
    {
        long[] times = [.. Arrivals.Times(_ => 100, 10, ArrivalKind.Uniform, new SplitMix(1))];
        Assert.Equal(1000, times.Length);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 9_998, 10_002));
    }

    [Fact]
    public void A_burst_has_the_counts_that_were_asked_for()
    {
        Workload workload = new BurstPlan { Kind = ArrivalKind.Uniform, Seed = 3 }.Build();
        Assert.Equal(["steady", "crowd", "hogs", "critical"], workload.Groups);
        Assert.Equal(950 + 500 + 50 + 5, workload.Members.Length);
        int[] counts = [.. Enumerable.Range(0, 4).Select(group => workload.Sends.Count(send => send.Group == group))];
        // 500/s for 30 s; three times that for 10 s; 50 hogs at a hundred times 500/950 each; 5/s.
        Assert.InRange(counts[0], 14_999, 15_001);
        Assert.InRange(counts[1], 14_990, 15_010);
        Assert.InRange(counts[2], 78_945, 78_949);
        Assert.InRange(counts[3], 149, 151);
        Assert.All(workload.Sends.Where(send => send.Group == 1), send => Assert.InRange(send.AtMicros, 10_000_000, 20_001_000));
        Assert.All(workload.Sends, send => Assert.Equal(send.Group == 3 ? 1 : 0, send.Lane));
    }

    [Fact]
    public void A_burst_is_the_same_for_the_same_seed_only()
    {
        var plan = new BurstPlan { Seconds = 2, Seed = 5 };
        Assert.Equal(plan.Build().Sends, plan.Build().Sends);
        Assert.NotEqual(plan.Build().Sends, (plan with { Seed = 6 }).Build().Sends);
    }

    [Fact]
    public void Another_crowd_leaves_the_other_groups_as_they_were()
    {
        var plan = new BurstPlan { Seconds = 2, CrowdAt = 0, CrowdSeconds = 1 };
        PlannedSend[] Others(BurstPlan p) => [.. p.Build().Sends.Where(send => send.Group == 0)];
        Assert.Equal(Others(plan), Others(plan with { CrowdHeight = 9 }));
    }

    [Theory]
    [InlineData(-0.1, 0, 0, 0)]
    [InlineData(0, 1, 0, 1)]
    [InlineData(0.5, 1, 1, 0.0821)]
    [InlineData(1, 0, 0, 0)]
    public void Crowds_come_and_go_by_their_shape(double part, double square, double ramp, double spike)
    {
        Assert.Equal(square, BurstPlan.Shape(CrowdShape.Square, part), 3);
        Assert.Equal(ramp, BurstPlan.Shape(CrowdShape.Ramp, part), 3);
        Assert.Equal(spike, BurstPlan.Shape(CrowdShape.Spike, part), 3);
    }

    [Fact]
    public void A_day_floods_the_class_at_noon_only_and_everybody_but_the_hogs_fits_all_day()
    {
        for (double part = 0; part < 1; part += 0.01)
        {
            double rest = DayPlan.Steady(part) + DayPlan.Crowd(part) + DayPlan.Critical;
            Assert.InRange(rest, 0, 0.9);
            Assert.InRange(rest + DayPlan.Hogs(part), 0, DayPlan.Hour(part) == "flash crowd" ? 2.1 : 0.79);
            Assert.Equal(DayPlan.Hour(part) == "flash crowd", rest + DayPlan.Hogs(part) > 1.9);
        }

        Assert.InRange(DayPlan.Steady(0.999), 0, 0.1);
    }

    [Fact]
    public void A_day_scales_its_requests_with_the_class()
    {
        var plan = new DayPlan { CapacityUnitsPerSecond = 100_000, MaxRequestUnits = 1000, Seconds = 10 };
        Workload workload = plan.Build();
        Assert.InRange(plan.Units, 100, 200);
        long peak = workload.Sends.GroupBy(send => send.AtMicros / 1_000_000).Max(second => second.LongCount());
        Assert.InRange(peak, 1200, 1700);
        Assert.Equal(1, (plan with { CapacityUnitsPerSecond = 100 }).Units);
    }

    [Fact]
    public void A_days_hogs_are_as_many_as_their_quota_asks_for()
    {
        var plan = new DayPlan { CapacityUnitsPerSecond = 2000, MaxRequestUnits = 400 };
        Assert.Equal(15, plan.HogCount);
        Assert.Equal(27, (plan with { QuotaUnitsPerSecond = 100 }).HogCount);
    }

    [Fact]
    public void Zipf_is_heavy_at_its_head()
    {
        var zipf = new Zipf(1000, 1);
        var chance = new SplitMix(1);
        int[] counts = new int[1000];
        for (int i = 0; i < 100_000; i++) counts[zipf.Pick(chance)]++;
        // 1/H(1000) is 13.4 %; the second place has half of it.
        Assert.InRange(counts[0], 12_900, 13_900);
        Assert.InRange(counts[1], 6_300, 7_100);
    }
}
