using CoopGrid.Model;

namespace CoopGrid.Domain.Capacity;

/// <summary>Units of one lane within an interval. Demanded = admitted + refused. <c>default</c> is none.</summary>
/// <param name="Admitted">Units for which there was room.</param>
/// <param name="Refused">Units for which there was none.</param>
public readonly record struct LaneDemand(long Admitted, long Refused)
{
    public long Demanded => Admitted + Refused;
}

/// <summary>What a gate was asked for within an interval.</summary>
public sealed class DemandSnapshot
{
    private readonly long[] _byLaneAndBand;

    internal DemandSnapshot(LaneDemand[] lanes, long[] byLaneAndBand)
    {
        Lanes = lanes;
        _byLaneAndBand = byLaneAndBand;
    }

    /// <summary>By lane, in the policy's order.</summary>
    public IReadOnlyList<LaneDemand> Lanes { get; }

    /// <summary>Units demanded in one lane and band.</summary>
    public long Demanded(int lane, int band) => _byLaneAndBand[(lane * Bands.Count) + band];

    /// <summary>
    /// The demand as a rate, by tier, rounded up. What a lane's best bands ask for up to its floor is tier 0 and is not asked for again.
    /// </summary>
    /// <param name="elapsedMicros">Length of the interval, above 0.</param>
    public GateDemand ToGateDemand(CapacityPlan plan, long elapsedMicros)
    {
        var tiers = new long[GateDemand.TierCount];
        for (int lane = 0; lane < Math.Min(Lanes.Count, plan.Lanes); lane++)
        {
            long floor = plan.FloorUnitsPerSecond(lane);
            for (int band = 0; band < Bands.Count; band++)
            {
                if (Demanded(lane, band) == 0) continue;
                long rate = PerSecond(Demanded(lane, band), elapsedMicros);
                long fromFloor = Math.Min(rate, floor);
                floor -= fromFloor;
                tiers[0] += fromFloor;
                tiers[GateDemand.TierOf(band)] += rate - fromFloor;
            }
        }

        return new(tiers);
    }

    private static long PerSecond(long units, long micros) => -Integers.MulDivFloor(-units, 1_000_000, micros);
}

/// <summary>Counts what a gate is asked for between two exchanges. Not thread-safe; counting does not allocate.</summary>
/// <param name="lanes">How many lanes the class has.</param>
public sealed class DemandMeter(int lanes)
{
    private LaneDemand[] _lanes = new LaneDemand[lanes];
    private long[] _byLaneAndBand = new long[lanes * Bands.Count];

    /// <summary>Counts a request that found room.</summary>
    public void Admitted(in RoomRequest request)
    {
        _lanes[request.Lane] = _lanes[request.Lane] with { Admitted = _lanes[request.Lane].Admitted + request.Units };
        _byLaneAndBand[(request.Lane * Bands.Count) + request.Band] += request.Units;
    }

    /// <summary>Counts a request that found none.</summary>
    public void Refused(in RoomRequest request)
    {
        _lanes[request.Lane] = _lanes[request.Lane] with { Refused = _lanes[request.Lane].Refused + request.Units };
        _byLaneAndBand[(request.Lane * Bands.Count) + request.Band] += request.Units;
    }

    /// <summary>What was counted since the last time; counting starts again from nothing.</summary>
    public DemandSnapshot Take()
    {
        var taken = new DemandSnapshot(_lanes, _byLaneAndBand);
        _lanes = new LaneDemand[_lanes.Length];
        _byLaneAndBand = new long[_byLaneAndBand.Length];
        return taken;
    }
}
