using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>What SPEC.md §5 promises when demand exceeds capacity: simulated time in steps of 1 ms, seeded.</summary>
public class OverloadTests
{
    private const long Second = 1_000_000;
    private static readonly Lease Capacity = new(10_000, 8_000);

    /// <summary>
    /// Protected demand in two lanes adds up to 95 % of C less what other lanes' floors take, beside a tenfold flood
    /// of hogs in their own lanes, of bulk, and of hogs in the critical lane. Seen to fail: with the thresholds of the shared
    /// bucket at 0, and with those of the floors at 0.
    /// </summary>
    [Theory]
    [InlineData(100, 0, 0)]
    [InlineData(100, 300, 100)]
    [InlineData(100, 500, 0)]
    public void No_protected_request_is_refused_while_protected_demand_fits(int critical, int standard, int bulk)
    {
        RoomBuckets buckets = Plans.Buckets(Capacity, 250, critical, standard, 0, bulk);
        var random = new Random(7);
        // Lane 1 asks for more than its floor, and lane 2 for nearly all that the others leave.
        long inLane1 = Capacity.UnitsPerSecond * (standard + 20) / 1000;
        long inLane2 = (Capacity.UnitsPerSecond * (950 - critical - bulk) / 1000) - inLane1;
        var calm1 = new Arrivals(random, inLane1, 250, new RoomRequest(1, 0, 0));
        var calm2 = new Arrivals(random, inLane2, 250, new RoomRequest(2, 0, 0));
        var flood = new Arrivals(random, 10 * Capacity.UnitsPerSecond, 200, new RoomRequest(0, 50, 0), new RoomRequest(1, 60, 0), new RoomRequest(2, 1, 0), new RoomRequest(3, 61, 0));
        for (long now = 0; now < 60 * Second; now += 1000)
        {
            foreach (RoomRequest hog in flood.Step()) buckets.TryTake(hog, now);
            if (now < 2 * Second) continue;
            foreach (RoomRequest request in calm1.Step().Concat(calm2.Step())) Assert.True(buckets.TryTake(request, now), $"{request} refused at {now}");
        }
    }

    /// <summary>Seen to fail: with unused floors not spilling into the shared bucket.</summary>
    [Fact]
    public void At_three_times_the_capacity_at_least_95_percent_is_admitted_whatever_the_mix()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            CapacityPlan plan = Plans.Random(random, Capacity);
            RoomRequest[] mix = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => new RoomRequest(random.Next(plan.Lanes), random.Next(Bands.Count), 0))];
            var demand = new Arrivals(random, 3 * Capacity.UnitsPerSecond, random.Next(2) == 0 ? plan.MaxRequestUnits : 5, mix);
            var buckets = new RoomBuckets(plan);
            buckets.SetLease(Capacity, 0);
            long admitted = 0;
            for (long now = 0; now < 30 * Second; now += 1000)
            {
                foreach (RoomRequest request in demand.Step())
                {
                    if (buckets.TryTake(request, now) && now >= 10 * Second) admitted += request.Units;
                }
            }

            Assert.InRange(admitted, 20 * Capacity.UnitsPerSecond * 95 / 100, (20 * Capacity.UnitsPerSecond) + Capacity.BurstUnits);
        }
    }

    /// <summary>Four groups each ask for half of the capacity: the two nearest the mean get all, the others nothing.</summary>
    [Fact]
    public void Whoever_is_furthest_above_the_mean_is_refused_first()
    {
        int[] bands = [1, 15, 30, 60];
        var admitted = new Dictionary<int, long>();
        RoomBuckets buckets = Plans.Buckets(Capacity, 500, 0);
        Arrivals[] groups = [.. bands.Select(band => new Arrivals(new Random(band), Capacity.UnitsPerSecond * 49 / 100, 5, new RoomRequest(0, band, 0)))];
        for (long now = 0; now < 30 * Second; now += 1000)
        {
            foreach (RoomRequest request in groups.Reverse().SelectMany(group => group.Step()))
            {
                if (buckets.TryTake(request, now) && now >= 10 * Second) admitted[request.Band] = admitted.GetValueOrDefault(request.Band) + request.Units;
            }
        }

        long asked = 20 * Capacity.UnitsPerSecond * 49 / 100;
        Assert.InRange(admitted[1], asked * 99 / 100, asked * 101 / 100);
        Assert.InRange(admitted[15], asked * 99 / 100, asked * 101 / 100);
        Assert.InRange(admitted.GetValueOrDefault(30), 0, 20 * Capacity.UnitsPerSecond * 3 / 100);
        Assert.InRange(admitted.GetValueOrDefault(60), 0, asked / 1000);
    }

    /// <summary>Seen to fail: with the floors' parts of the rate given to the shared bucket.</summary>
    [Fact]
    public void A_floor_is_kept_when_it_is_asked_for_and_lent_out_when_it_is_not()
    {
        RoomBuckets buckets = Plans.Buckets(Capacity, 500, 200, 0);
        var hogs = new Arrivals(new Random(1), Capacity.UnitsPerSecond / 5, 500, new RoomRequest(0, 60, 0));
        var flood = new Arrivals(new Random(2), 10 * Capacity.UnitsPerSecond, 5, new RoomRequest(1, 0, 0));
        long kept = 0, asked = 0, lent = 0, lentWhileAsked = 0;
        for (long now = 0; now < 40 * Second; now += 1000)
        {
            foreach (RoomRequest request in flood.Step())
            {
                if (!buckets.TryTake(request, now)) continue;
                if (now is >= 10 * Second and < 20 * Second) lent += request.Units;
                if (now >= 20 * Second) lentWhileAsked += request.Units;
            }

            if (now < 20 * Second) continue;
            foreach (RoomRequest request in hogs.Step())
            {
                asked += request.Units;
                if (buckets.TryTake(request, now)) kept += request.Units;
            }
        }

        Assert.InRange(lent, 10 * Capacity.UnitsPerSecond * 99 / 100, 10 * Capacity.UnitsPerSecond * 101 / 100);
        Assert.InRange(kept, asked * 95 / 100, asked);
        Assert.InRange(lentWhileAsked, 20 * Capacity.UnitsPerSecond * 79 / 100, 20 * Capacity.UnitsPerSecond * 83 / 100);
    }

    /// <summary>Requests of random sizes that add up to a rate: a request arrives when the rate has paid for it.</summary>
    private sealed class Arrivals(Random random, long unitsPerSecond, long largest, params RoomRequest[] kinds)
    {
        private long _credit;
        private RoomRequest _next = kinds[0] with { Units = largest };

        public IEnumerable<RoomRequest> Step()
        {
            for (_credit += unitsPerSecond * 1000; _credit >= _next.Units * 1_000_000;)
            {
                _credit -= _next.Units * 1_000_000;
                yield return _next;
                _next = kinds[random.Next(kinds.Length)] with { Units = random.NextInt64(1, largest + 1) };
            }
        }
    }
}
