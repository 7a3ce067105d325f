using CoopGrid.Domain.Capacity;
using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>Policies for these tests, small enough to reckon with.</summary>
internal static class Plans
{
    /// <summary>Lanes of standard priority with these guarantees; the last one is bulk.</summary>
    public static ClassPolicy Policy(Lease capacity, long largest, params int[] permille) => new()
    {
        Capacity = new() { UnitsPerSecond = capacity.UnitsPerSecond, BurstUnits = capacity.BurstUnits, MaxRequestUnits = largest },
        Lanes = [.. permille.Select((g, i) => new LanePolicy
        {
            Name = $"lane{i}",
            GuaranteedPermille = g,
            Priority = i == permille.Length - 1 ? LanePriority.Bulk : LanePriority.Standard,
        })],
    };

    public static CapacityPlan Plan(Lease capacity, long largest, params int[] permille) =>
        CapacityPlan.From(Policy(capacity, largest, permille));

    /// <summary>A demand of so many protected units/s in the first lane.</summary>
    public static GateDemand Asks(long unitsPerSecond) => new([unitsPerSecond]);

    /// <summary>Buckets under the whole capacity, empty at moment 0.</summary>
    public static RoomBuckets Buckets(Lease capacity, long largest, params int[] permille)
    {
        var buckets = new RoomBuckets(Plan(capacity, largest, permille));
        buckets.SetLease(capacity, 0);
        return buckets;
    }

    /// <summary>A plan with 1 to 5 lanes and random guarantees that add up to at most 1000.</summary>
    public static CapacityPlan Random(Random random, Lease capacity)
    {
        var permille = new int[random.Next(1, 6)];
        for (int i = 0; i < permille.Length; i++) permille[i] = random.Next(2) * random.Next(0, (1000 / permille.Length) + 1);
        ClassPolicy policy = Policy(capacity, 0, permille);
        long largest = CapacityPlan.LargestRequest(policy.Capacity, policy.Lanes);
        return Plan(capacity, Math.Max(1, largest), permille);
    }
}
