using CoopGrid.Domain.Capacity;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>The numbered properties of <see cref="CapacityDivision"/>.</summary>
public class CapacityDivisionTests
{
    /// <summary>1.</summary>
    [Fact]
    public void The_parts_add_up_exactly()
    {
        Assert.Empty(CapacityDivision.Divide(100, []));
        Assert.All(Cases(), c => Assert.Equal(c.Capacity, CapacityDivision.Divide(c.Capacity, c.Demand).Sum()));
        Assert.Throws<ArgumentOutOfRangeException>(() => CapacityDivision.Divide(-1, [[1]]));
    }

    /// <summary>2.</summary>
    [Theory]
    [InlineData(100, 60, 40)]
    [InlineData(30, 30, 0)]
    [InlineData(10, 10, 0)]
    [InlineData(50, 40, 10)]
    public void A_better_tier_is_given_first(long capacity, long first, long second) =>
        Assert.Equal([first, second], CapacityDivision.Divide(capacity, [[30, 30], [0, 40, 0, 0]]));

    /// <summary>2 and 3, against an oracle that hands out unit by unit.</summary>
    [Fact]
    public void It_gives_what_handing_out_unit_by_unit_would()
    {
        Assert.All(Cases(), c => Assert.Equal(UnitByUnit(c.Capacity, c.Demand), CapacityDivision.Divide(c.Capacity, c.Demand)));
    }

    /// <summary>3.</summary>
    [Fact]
    public void Within_a_tier_the_small_are_met_and_the_others_share_a_level()
    {
        Assert.Equal([10, 45, 45], CapacityDivision.Divide(100, [[10], [50], [900]]));
        Assert.Equal([34, 33, 33], CapacityDivision.Divide(100, [[900], [900], [900]]));
    }

    /// <summary>4.</summary>
    [Fact]
    public void What_nobody_asks_for_is_spread_evenly()
    {
        Assert.Equal([44, 34, 33], CapacityDivision.Divide(111, [[10], [0], []]));
        Assert.Equal([1, 1, 0], CapacityDivision.Divide(2, [[], [], []]));
    }

    /// <summary>5.</summary>
    [Fact]
    public void The_same_input_gives_the_same_output() =>
        Assert.All(Cases(), c => Assert.Equal(CapacityDivision.Divide(c.Capacity, c.Demand), CapacityDivision.Divide(c.Capacity, [.. c.Demand.Select(d => (long[])[.. d, 0])])));

    [Fact]
    public void Leases_add_up_in_rate_and_burst()
    {
        foreach ((long capacity, long[][] demand) in Cases())
        {
            Lease total = new(capacity, (capacity * 7) + 3);
            Lease[] leases = CapacityDivision.Leases(total, demand);
            Assert.Equal(total, leases.Aggregate((a, b) => a + b));
            Assert.All(leases, lease => Assert.InRange(lease.BurstUnits, lease.UnitsPerSecond * 7, (lease.UnitsPerSecond * 7) + 4));
        }
    }

    [Fact]
    public void The_largest_capacity_overflows_nothing()
    {
        Lease most = new(Lease.MaxUnits, Lease.MaxUnits);
        Assert.Equal(most, CapacityDivision.Leases(most, [[Lease.MaxUnits], [Lease.MaxUnits, Lease.MaxUnits]]).Aggregate((a, b) => a + b));
    }

    private static IEnumerable<(long Capacity, long[][] Demand)> Cases()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var demand = new long[random.Next(1, 8)][];
            for (int gate = 0; gate < demand.Length; gate++)
            {
                demand[gate] = new long[random.Next(5)];
                for (int tier = 0; tier < demand[gate].Length; tier++) demand[gate][tier] = random.Next(2) * random.Next(100);
            }

            yield return (random.Next(600), demand);
        }
    }

    /// <summary>Each unit goes to the gate that has the fewest of the tier and still asks for more.</summary>
    private static long[] UnitByUnit(long capacity, long[][] demand)
    {
        var parts = new long[demand.Length];
        for (int tier = 0; tier <= 5; tier++)
        {
            var given = new long[demand.Length];
            while (capacity > 0)
            {
                int[] asking = [.. Enumerable.Range(0, demand.Length).Where(g => tier == 5 || given[g] < demand[g].ElementAtOrDefault(tier))];
                if (asking.Length == 0) break;
                int gate = asking.MinBy(g => given[g]);
                given[gate]++;
                parts[gate]++;
                capacity--;
            }
        }

        return parts;
    }
}
