using CoopGrid.Model;

namespace CoopGrid.Domain.Capacity;

/// <summary>
/// How a class's capacity is laid out: one bucket that all lanes share, and a floor bucket for each lane with a guarantee.
/// With m = the class's largest request, B = its burst and g = a lane's guarantee in per-mille:
/// 1. a lane's floor bucket fills at g ‰ of the rate and holds the larger of g/2 ‰ of B and 4·m;
/// 2. the shared bucket fills at what the guarantees leave of the rate, plus whatever full floor buckets spill, and holds the rest
///    of B: at least 4·m, and (with no floor bucket stretched to 4·m) at least half of B, so that guarantees can always be lent out;
/// 3. all buckets scale with the lease, and together hold exactly its burst.
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

    private CapacityPlan(CapacityPolicy capacity, IReadOnlyList<LanePolicy> lanes)
    {
        _permille = [.. lanes.Select(lane => lane.GuaranteedPermille)];
        _bulk = [.. lanes.Select(lane => lane.Priority == LanePriority.Bulk)];
        _burstUnits = capacity.BurstUnits;
        Full = new Lease(capacity.UnitsPerSecond, capacity.BurstUnits).Checked();
        MaxRequestUnits = capacity.MaxRequestUnits;
        long sized = Math.Min(MaxRequestUnits, LargestRequest(capacity, lanes));
        _floorCaps = [.. _permille.Select(g => FloorCap(capacity.BurstUnits, g, sized))];
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

    /// <summary>The buckets of a lease, empty: one for each lane, then the shared one. Their caps add up to its burst.</summary>
    internal Basin[] Basins(Lease lease)
    {
        var basins = new Basin[Lanes + 1];
        long left = lease.BurstUnits * MicrosPerUnit;
        for (int i = 0; i < Lanes; i++)
        {
            long cap = Integers.MulDivFloor(_floorCaps[i], lease.BurstUnits, _burstUnits);
            basins[i] = new() { Cap = cap, Permille = _permille[i] };
            left -= cap;
        }

        basins[Lanes] = new() { Cap = left, Permille = 1000 - _permille.Sum() };
        return basins;
    }

    private static long FloorCap(long burstUnits, int permille, long request) =>
        permille == 0 ? 0 : Math.Max(burstUnits * (MicrosPerUnit / 2000) * permille, 4 * request * MicrosPerUnit);
}
