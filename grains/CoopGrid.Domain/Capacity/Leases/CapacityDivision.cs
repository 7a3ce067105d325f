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
/// <see cref="Share"/> puts together what the tiers are:
/// 6. tier 0 is what lanes ask of their guarantees, wherever they ask: of each lane no more than its guarantee in the whole class, max-min fair
///    among the gates, its best bands first. What a lane asks beyond comes in the tier of its band, protected next, bulk last;
/// 7. each gate is told its floors: what it was given for a lane in tier 0 is the lane's floor there; and what a lane does not ask of its guarantee
///    is spread over what gates were given beyond tier 0. So the floors of all gates add up to the guarantees, and those of a gate to
///    no more than its lease;
/// 8. half of the burst at most is spread evenly, as much as holds four of the largest requests at each gate: there a protected one finds
///    room where none was asked for. The rest goes in proportion to the rates;
/// 9. before all that, gates are given what they ask for reservations, rate and burst: together never more than no lane is guaranteed of the rate, and
///    half of the burst, max-min fair. It is a part of each gate's lease, and a floor of its own there. What is not asked of reservations is
///    divided like all else.
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

    /// <summary>Leases and floors for all gates.</summary>
    /// <param name="total">What there is to divide: the plan's capacity, or less.</param>
    public static GateShare[] Share(CapacityPlan plan, Lease total, IReadOnlyList<GateDemand> gates)
    {
        var floors = new long[plan.Lanes][];
        for (int lane = 0; lane < plan.Lanes; lane++) floors[lane] = Floors(total.UnitsPerSecond, plan, lane, gates);
        Lease[] reserved = Reserved(plan, total, gates);
        Lease rest = total;
        foreach (Lease kept in reserved) rest -= kept;
        var tiers = new long[gates.Count][];
        for (int gate = 0; gate < tiers.Length; gate++) tiers[gate] = Tiers(plan, gates[gate], gate, floors);
        long evenly = gates.Count == 0 ? 0 : Math.Min(4 * plan.MaxRequestUnits, rest.BurstUnits / (2 * gates.Count));
        Lease spread = rest with { BurstUnits = rest.BurstUnits - (evenly * gates.Count) };
        Lease[] leases = Leases(spread, tiers);

        long beyond = rest.UnitsPerSecond - floors.Sum(lane => lane.Sum());
        var shares = new GateShare[tiers.Length];
        for (int gate = 0; gate < shares.Length; gate++)
        {
            long own = beyond == 0 ? 0 : leases[gate].UnitsPerSecond - tiers[gate][0];
            var mills = new long[plan.Lanes];
            for (int lane = 0; lane < mills.Length; lane++)
            {
                mills[lane] = floors[lane][gate] * 1000;
                long unasked = plan.FloorMills(lane, total.UnitsPerSecond) - (floors[lane].Sum() * 1000);
                if (own > 0) mills[lane] += Integers.MulDivFloor(unasked, own, beyond);
            }

            shares[gate] = new(leases[gate] + reserved[gate] + new Lease(0, evenly), mills) { Reserved = reserved[gate] };
        }

        return shares;
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

    /// <summary>What each gate is given for reservations.</summary>
    private static Lease[] Reserved(CapacityPlan plan, Lease total, IReadOnlyList<GateDemand> gates)
    {
        long[] rates = new long[gates.Count], bursts = new long[gates.Count];
        Fill([.. gates.Select(gate => gate.Reserved.UnitsPerSecond)], plan.UnguaranteedUnitsPerSecond(total.UnitsPerSecond), rates);
        Fill([.. gates.Select((gate, i) => rates[i] == 0 ? 0 : gate.Reserved.BurstUnits)], total.BurstUnits / 2, bursts);
        return [.. rates.Zip(bursts, (rate, burst) => new Lease(rate, burst))];
    }

    /// <summary>What each gate is given of a lane's guarantee.</summary>
    private static long[] Floors(long unitsPerSecond, CapacityPlan plan, int lane, IReadOnlyList<GateDemand> gates)
    {
        var given = new long[gates.Count];
        long floor = plan.FloorMills(lane, unitsPerSecond) / 1000;
        if (floor == 0) return given;
        var asked = new long[gates.Count];
        for (int gate = 0; gate < asked.Length; gate++)
        {
            for (int band = 0; band < Bands.Count; band++) asked[gate] += gates[gate].Of(lane, band);
            asked[gate] = Math.Min(asked[gate], floor);
        }

        Fill(asked, floor, given);
        return given;
    }

    /// <summary>Tier 0: what the gate was given of guarantees; tiers 1 to 62: what its bands ask beyond.</summary>
    private static long[] Tiers(CapacityPlan plan, GateDemand demand, int gate, long[][] floors)
    {
        var tiers = new long[Bands.Count + 1];
        for (int lane = 0; lane < plan.Lanes; lane++)
        {
            long given = floors[lane][gate];
            tiers[0] += given;
            for (int band = 0; band < Bands.Count; band++)
            {
                long rate = demand.Of(lane, band), fromFloor = Math.Min(rate, given);
                given -= fromFloor;
                tiers[band + 1] += rate - fromFloor;
            }
        }

        return tiers;
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

/// <summary>What one gate is to hold.</summary>
/// <param name="Lease">Its lease.</param>
/// <param name="FloorMills">What of the lease each lane is guaranteed there, in thousandths of a unit per second.</param>
public readonly record struct GateShare(Lease Lease, long[] FloorMills)
{
    /// <summary>What of the lease is kept for reservations.</summary>
    public Lease Reserved { get; init; }
}
