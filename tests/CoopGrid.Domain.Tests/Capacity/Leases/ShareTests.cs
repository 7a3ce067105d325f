using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>Properties 6 to 8 of <see cref="CapacityDivision"/>; those before are in <see cref="CapacityDivisionTests"/>.</summary>
public class ShareTests
{
    private static readonly CapacityPlan Plan = Plans.Plan(new(1000, 8000), 10, 100, 300, 0, 0);

    /// <summary>6. Two gates ask 200 each of a guarantee of 300, one of them in a worse band beyond: protected comes first there.</summary>
    [Fact]
    public void Of_a_lane_no_more_than_its_guarantee_comes_first_wherever_it_asks()
    {
        GateShare[] shares = CapacityDivision.Share(Plan, Plan.Full, [Asks((1, 60, 200)), Asks((1, 60, 200)), Asks((2, 0, 900))]);
        Assert.Equal([150, 150, 700], shares.Select(share => share.Lease.UnitsPerSecond));
        Assert.Equal([150_000, 150_000, 0], shares.Select(share => share.FloorMills[1]));

        // What nobody asks of the critical lane's guarantee stands where there is a lease for it.
        Assert.Equal([0, 0, 100_000], shares.Select(share => share.FloorMills[0]));
    }

    /// <summary>6.</summary>
    [Fact]
    public void A_lanes_best_bands_come_out_of_its_guarantee_and_the_others_compete()
    {
        GateShare[] shares = CapacityDivision.Share(Plan, Plan.Full, [Asks((1, 0, 100), (1, 20, 100), (1, 50, 300)), Asks((2, 49, 900))]);
        Assert.Equal([300, 700], shares.Select(share => share.Lease.UnitsPerSecond));
        shares = CapacityDivision.Share(Plan, Plan.Full, [Asks((1, 0, 100), (1, 20, 100), (1, 50, 300)), Asks((2, 51, 900))]);
        Assert.Equal([500, 500], shares.Select(share => share.Lease.UnitsPerSecond));
    }

    /// <summary>7. Seen to fail with unasked guarantees spread by the whole lease.</summary>
    [Fact]
    public void Floors_add_up_to_the_guarantees_and_fit_the_leases()
    {
        for (int seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            CapacityPlan plan = Plans.Random(random, new(random.Next(1, 100_000), random.Next(1, 100_000)));
            GateDemand[] gates = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Random(random, plan))];
            Lease total = random.Next(3) > 0 ? plan.Full : new(random.Next((int)plan.Full.UnitsPerSecond + 1), random.Next((int)plan.Full.BurstUnits + 1));
            GateShare[] shares = CapacityDivision.Share(plan, total, gates);
            Assert.Equal(total, shares.Aggregate(default(Lease), (sum, share) => sum + share.Lease));
            for (int lane = 0; lane < plan.Lanes; lane++)
            {
                // Less than a thousandth is lost to each gate's rounding.
                long guarantee = plan.FloorMills(lane, total.UnitsPerSecond);
                bool allAsked = shares.All(share => share.FloorMills.Sum() / 1000 == share.Lease.UnitsPerSecond);
                Assert.InRange(shares.Sum(share => share.FloorMills[lane]), allAsked ? 0 : guarantee - gates.Length, guarantee);
            }

            Assert.All(shares, share => Assert.InRange(share.FloorMills.Sum(), 0, share.Lease.UnitsPerSecond * 1000));
            Assert.All(shares, share => Assert.All(share.FloorMills, mills => Assert.True(mills >= 0)));
        }
    }

    /// <summary>7.</summary>
    [Fact]
    public void A_single_gate_has_the_classs_own_floors()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            CapacityPlan plan = Plans.Random(random, new(random.Next(1, 10_000), 1000));
            GateShare share = CapacityDivision.Share(plan, plan.Full, [Random(random, plan)])[0];
            Assert.Equal(plan.Full, share.Lease);
            for (int lane = 0; lane < plan.Lanes; lane++)
                Assert.InRange(share.FloorMills[lane], plan.FloorMills(lane, plan.Full.UnitsPerSecond) - 1000, plan.FloorMills(lane, plan.Full.UnitsPerSecond));
        }
    }

    /// <summary>8. Seen to fail with the burst in proportion alone.</summary>
    [Fact]
    public void A_gate_that_asks_for_nothing_holds_a_few_requests()
    {
        GateShare[] shares = CapacityDivision.Share(Plan, Plan.Full, [Asks((2, 0, 5000)), default, default]);
        Assert.Equal(new(1000, 7920), shares[0].Lease);
        Assert.Equal(new(0, 40), shares[1].Lease);
        GateDemand[] many = [Asks((2, 0, 5000)), .. Enumerable.Repeat(default(GateDemand), 399)];
        shares = CapacityDivision.Share(Plan, Plan.Full, many);
        Assert.Equal((4010, 10), (shares[0].Lease.BurstUnits, shares[1].Lease.BurstUnits));
    }

    [Fact]
    public void Nobody_gets_nothing_and_nothing_is_divided_without_a_fault()
    {
        Assert.Empty(CapacityDivision.Share(Plan, Plan.Full, []));
        Assert.Equal([default, default], CapacityDivision.Share(Plan, default, [default, Asks((0, 0, 5))]).Select(share => share.Lease));
        Lease most = new(Lease.MaxUnits, Lease.MaxUnits);
        CapacityPlan large = Plans.Plan(most, Lease.MaxUnits / 100, 500, 500);
        GateShare[] shares = CapacityDivision.Share(large, most, [Asks((0, 0, Lease.MaxUnits), (1, 0, Lease.MaxUnits)), Asks((0, 0, Lease.MaxUnits))]);
        Assert.Equal(most, shares.Aggregate(default(Lease), (sum, share) => sum + share.Lease));
    }

    private static GateDemand Asks(params (int Lane, int Band, long Rate)[] rates)
    {
        var demand = new long[GateDemand.Length(Plan.Lanes)];
        foreach ((int lane, int band, long rate) in rates) demand[GateDemand.At(lane, band)] = rate;
        return new(demand);
    }

    private static GateDemand Random(Random random, CapacityPlan plan)
    {
        var rates = new long[GateDemand.Length(plan.Lanes)];
        for (int i = random.Next(20); i > 0; i--) rates[random.Next(rates.Length)] = random.Next((int)plan.Full.UnitsPerSecond);
        return random.Next(5) == 0 ? default : new(rates);
    }
}
