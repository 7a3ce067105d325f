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

    internal DemandSnapshot(LaneDemand[] lanes, long[] byLaneAndBand, UInt128 squares)
    {
        Lanes = lanes;
        _byLaneAndBand = byLaneAndBand;
        Squares = squares;
    }

    /// <summary>By lane, in the policy's order.</summary>
    public IReadOnlyList<LaneDemand> Lanes { get; }

    /// <summary>Units demanded in all.</summary>
    public long Units => _byLaneAndBand.Sum();

    /// <summary>Sum of the squares of the requests' units: how much chance is in <see cref="Units"/>.</summary>
    public UInt128 Squares { get; }

    /// <summary>Units demanded in one lane and band.</summary>
    public long Demanded(int lane, int band) => _byLaneAndBand[GateDemand.At(lane, band)];
}

/// <summary>
/// Counts what a gate is asked for between two exchanges. What is under reservations is not counted here: <see cref="ReservedNeed"/> asks for it.
/// Not thread-safe; counting does not allocate.
/// </summary>
/// <param name="lanes">How many lanes the class has.</param>
public sealed class DemandMeter(int lanes)
{
    private LaneDemand[] _lanes = new LaneDemand[lanes];
    private long[] _byLaneAndBand = new long[lanes * Bands.Count];
    private UInt128 _squares;

    /// <summary>Counts a request that found room.</summary>
    public void Admitted(in RoomRequest request)
    {
        _lanes[request.Lane] = _lanes[request.Lane] with { Admitted = _lanes[request.Lane].Admitted + request.Open };
        Count(request);
    }

    /// <summary>Counts a request that found none.</summary>
    public void Refused(in RoomRequest request)
    {
        _lanes[request.Lane] = _lanes[request.Lane] with { Refused = _lanes[request.Lane].Refused + request.Open };
        Count(request);
    }

    /// <summary>What was counted since the last time; counting starts again from nothing.</summary>
    public DemandSnapshot Take()
    {
        var taken = new DemandSnapshot(_lanes, _byLaneAndBand, _squares);
        _lanes = new LaneDemand[_lanes.Length];
        _byLaneAndBand = new long[_byLaneAndBand.Length];
        _squares = 0;
        return taken;
    }

    private void Count(in RoomRequest request)
    {
        _byLaneAndBand[GateDemand.At(request.Lane, request.Band)] += request.Open;
        _squares += (UInt128)request.Open * (ulong)request.Open;
    }
}
