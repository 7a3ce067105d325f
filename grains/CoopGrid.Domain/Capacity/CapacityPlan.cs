using CoopGrid.Model;

namespace CoopGrid.Domain.Capacity;

/// <summary>
/// How a class's capacity is laid out: one bucket that all lanes share, and a floor bucket for each lane with a guarantee.
/// With m = the class's largest request, B = its burst and g = a lane's guarantee in per-mille:
/// 1. a lane's floor bucket fills at g ‰ of the rate and holds the larger of g/2 ‰ of B and 4·m;
/// 2. the shared bucket fills at what the guarantees leave of the rate, plus whatever full floor buckets spill, and holds the rest
///    of B: at least 4·m, and (with no floor bucket stretched to 4·m) at least half of B, so that guarantees can always be lent out;
/// 3. all buckets scale with the lease, and together hold exactly its burst;
/// 4. a gate that is told its floors (what of its lease each lane is guaranteed there) lays them out so: their buckets are as much larger or
///    smaller as the floors are than g ‰ of the lease, and the shared bucket keeps half of the burst, or as much as in the whole class if that is less.
/// 5. what a gate is told to keep for reservations is a floor of its own, with that rate and that burst; the rest of the lease is laid out as above.
/// Four times m: the quarter kept for protected requests holds any one of them, and above the highest threshold (half) there is
/// room for two, so that one can be taken while the next gathers.
/// </summary>
public sealed class CapacityPlan
{
    /// <summary>Most lanes that a class may have.</summary>
    public const int MaxLanes = 8;

    internal const long MicrosPerUnit = 1_000_000;

    private readonly int[] _permille;
    private readonly long[] _floorCaps;
    private readonly bool[] _bulk;
    private readonly long _burstUnits;
    private readonly long _mostInFloors;

    private CapacityPlan(CapacityPolicy capacity, IReadOnlyList<LanePolicy> lanes)
    {
        _permille = [.. lanes.Select(lane => lane.GuaranteedPermille)];
        _bulk = [.. lanes.Select(lane => lane.Priority == LanePriority.Bulk)];
        _burstUnits = capacity.BurstUnits;
        Full = new Lease(capacity.UnitsPerSecond, capacity.BurstUnits).Checked();
        MaxRequestUnits = capacity.MaxRequestUnits;
        long sized = Math.Min(MaxRequestUnits, LargestRequest(capacity, lanes));
        _floorCaps = [.. _permille.Select(g => FloorCap(capacity.BurstUnits, g, sized))];
        _mostInFloors = Math.Max(_floorCaps.Sum(), _burstUnits * (MicrosPerUnit / 2));
    }

    /// <summary>The class's whole capacity: C and B.</summary>
    public Lease Full { get; }

    /// <summary>The class's largest request, in units.</summary>
    public long MaxRequestUnits { get; }

    public int Lanes => _permille.Length;

    /// <summary>The policy's version.</summary>
    public int Version { get; private init; }

    public static CapacityPlan From(ClassPolicy policy) => new(policy.Capacity, policy.Lanes) { Version = policy.Version };

    /// <summary>
    /// The largest <see cref="CapacityPolicy.MaxRequestUnits"/> for which the layout above fits into B: up to B/4 without
    /// guarantees, B/8 with one guaranteed lane. 0 if B is too small for any request.
    /// </summary>
    public static long LargestRequest(CapacityPolicy capacity, IReadOnlyList<LanePolicy> lanes)
    {
        long fits = 0, tooLarge = (capacity.BurstUnits / 4) + 1;
        while (tooLarge - fits > 1)
        {
            long middle = fits + ((tooLarge - fits) / 2);
            long floors = lanes.Sum(lane => FloorCap(capacity.BurstUnits, lane.GuaranteedPermille, middle));
            bool holds = floors + (4 * middle * MicrosPerUnit) <= capacity.BurstUnits * MicrosPerUnit;
            if (holds) fits = middle;
            else tooLarge = middle;
        }

        return fits;
    }

    /// <summary>The band in which a request of this lane competes.</summary>
    /// <param name="standingBand">0 to 60, from the member's standing.</param>
    public int BandFor(int lane, int standingBand) => _bulk[lane] ? Bands.Bulk : standingBand;

    /// <summary>The lane's guarantee at the class's whole capacity, in units per second, rounded down.</summary>
    public long FloorUnitsPerSecond(int lane) => Integers.MulDivFloor(Full.UnitsPerSecond, _permille[lane], 1000);

    /// <summary>What of a rate no lane is guaranteed: the most that reservations can have of it.</summary>
    public long UnguaranteedUnitsPerSecond(long unitsPerSecond) => Integers.MulDivFloor(unitsPerSecond, 1000 - _permille.Sum(), 1000);

    /// <summary>The lane's guarantee of a rate, in thousandths of a unit per second.</summary>
    public long FloorMills(int lane, long unitsPerSecond) => unitsPerSecond * _permille[lane];

    /// <summary>
    /// The buckets of a lease, empty: one for each lane, the one of reservations, then the shared one. Their caps add up to its burst, their rates to its rate.
    /// </summary>
    /// <param name="floorMills">By lane what the gate is told to keep, in thousandths of a unit per second; of another number of lanes: not told.</param>
    /// <param name="reserved">What of the lease is kept for reservations; more than there is counts as all, and without a rate there is nothing to keep.</param>
    internal Basin[] Basins(Lease lease, ReadOnlySpan<long> floorMills, Lease reserved = default)
    {
        var basins = new Basin[Lanes + 2];
        if (reserved.UnitsPerSecond > 0) reserved = Lease.Min(reserved, lease);
        if (reserved.UnitsPerSecond == 0) reserved = default;
        basins[Lanes] = new() { Cap = reserved.BurstUnits * MicrosPerUnit, MillsPerSecond = reserved.UnitsPerSecond * 1000 };
        lease -= reserved;
        bool told = floorMills.Length == Lanes;
        Int128 sum = 0;
        foreach (long mills in floorMills) sum += mills;
        long rate = lease.UnitsPerSecond * 1000, caps = 0;
        long most = Integers.MulDivFloor(_mostInFloors, lease.BurstUnits, _burstUnits);
        for (int lane = 0; lane < Lanes; lane++)
        {
            long even = FloorMills(lane, lease.UnitsPerSecond);
            long mills = told ? sum > rate ? (long)(floorMills[lane] * (Int128)rate / sum) : floorMills[lane] : even;
            if (even == 0) mills = 0;
            long cap = Integers.MulDivFloor(_floorCaps[lane], lease.BurstUnits, _burstUnits);

            // All of the rate is for reservations: a floor that nothing flows into would never fill.
            if (even == 0 && reserved.UnitsPerSecond > 0) cap = 0;
            if (even > 0) cap = (long)Int128.Min((Int128)cap * mills / even, most);
            basins[lane] = new() { Cap = cap, MillsPerSecond = mills };
            caps += cap;
        }

        Shrink(basins.AsSpan(..Lanes), caps, most);
        long left = lease.BurstUnits * MicrosPerUnit;
        foreach (ref Basin floor in basins.AsSpan(..Lanes))
        {
            rate -= floor.MillsPerSecond;
            left -= floor.Cap;
        }

        basins[^1] = new() { Cap = left, MillsPerSecond = rate };
        return basins;
    }

    private static void Shrink(Span<Basin> floors, long caps, long most)
    {
        if (caps <= most) return;
        foreach (ref Basin floor in floors) floor.Cap = Integers.MulDivFloor(floor.Cap, most, caps);
    }

    private static long FloorCap(long burstUnits, int permille, long request) =>
        permille == 0 ? 0 : Math.Max(burstUnits * (MicrosPerUnit / 2000) * permille, 4 * request * MicrosPerUnit);
}
