using CoopGrid.Model;

namespace CoopGrid.Domain.Capacity;

/// <summary>
/// Divides a class's capacity among its gates.
/// 1. The parts add up to the capacity exactly; without gates there are none.
/// 2. Tier after tier: demand of a tier gets only what all better tiers left.
/// 3. Within a tier max-min fair: nobody gets more than it asks for, and whoever gets less than it asks for gets at least as much
///    (to the unit) as anybody else in the tier. Units that cannot be split go to the first gates that still ask.
/// 4. What no tier asks for is spread evenly, the units that cannot be split to the first gates.
/// 5. The same input gives the same output; a tier that a gate does not name is 0.
/// </summary>
public static class CapacityDivision
{
    /// <param name="capacity">Units per second to divide, 0 or more.</param>
    /// <param name="demandByGateAndTier">For each gate its demand by tier, each 0 or more; best tier first.</param>
    public static long[] Divide(long capacity, IReadOnlyList<long[]> demandByGateAndTier)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        var parts = new long[demandByGateAndTier.Count];
        if (parts.Length == 0) return parts;

        long left = capacity;
        int tiers = demandByGateAndTier.Max(gate => gate.Length);
        var demands = new long[parts.Length];
        for (int tier = 0; tier < tiers && left > 0; tier++)
        {
            for (int gate = 0; gate < parts.Length; gate++)
            {
                long[] byTier = demandByGateAndTier[gate];
                demands[gate] = tier < byTier.Length ? byTier[tier] : 0;
            }

            left -= Fill(demands, left, parts);
        }

        (long each, long rest) = Math.DivRem(left, parts.Length);
        for (int i = 0; i < parts.Length; i++) parts[i] += each + (i < rest ? 1 : 0);
        return parts;
    }

    /// <summary>
    /// Leases for all gates: the rate by <see cref="Divide"/>, the burst in proportion to the rate. Both add up exactly.
    /// </summary>
    public static Lease[] Leases(Lease total, IReadOnlyList<long[]> demandByGateAndTier)
    {
        long[] rates = Divide(total.UnitsPerSecond, demandByGateAndTier);
        var leases = new Lease[rates.Length];
        long rateSoFar = 0, burstSoFar = 0;
        for (int i = 0; i < rates.Length; i++)
        {
            rateSoFar += rates[i];
            long burst = total.UnitsPerSecond > 0
                ? Integers.MulDivFloor(total.BurstUnits, rateSoFar, total.UnitsPerSecond)
                : Integers.MulDivFloor(total.BurstUnits, i + 1, rates.Length);
            leases[i] = new(rates[i], burst - burstSoFar);
            burstSoFar = burst;
        }

        return leases;
    }

    /// <summary>Pours <paramref name="available"/> over the demands like water: the smallest are met first, the rest share a level.</summary>
    private static long Fill(long[] demands, long available, long[] parts)
    {
        // In all tiers but one there is enough for everybody or nothing left, and nothing to sort.
        Int128 asked = 0;
        foreach (long demand in demands) asked += demand;
        if (asked <= available)
        {
            for (int gate = 0; gate < demands.Length; gate++) parts[gate] += demands[gate];
            return (long)asked;
        }

        var bySize = new int[demands.Length];
        for (int i = 0; i < bySize.Length; i++) bySize[i] = i;
        Array.Sort(bySize, (a, b) => demands[a] != demands[b] ? demands[a].CompareTo(demands[b]) : a.CompareTo(b));

        long left = available;
        for (int met = 0; met < bySize.Length; met++)
        {
            (long level, long rest) = Math.DivRem(left, bySize.Length - met);
            long demand = demands[bySize[met]];
            if (demand <= level)
            {
                parts[bySize[met]] += demand;
                left -= demand;
                continue;
            }

            // Nobody who is left can be met: all get the level, and the first of them the units that cannot be split.
            int[] unmet = bySize[met..];
            Array.Sort(unmet);
            foreach (int gate in unmet) parts[gate] += level + (rest-- > 0 ? 1 : 0);
            return available;
        }

        return available - left;
    }
}
