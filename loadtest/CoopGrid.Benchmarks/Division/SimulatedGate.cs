using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Market;

namespace CoopGrid.Benchmarks.Division;

/// <summary>
/// A silo's gate as the grid makes it of the same parts: buckets, waiting room, demand meter, lease. Its caller brings the time and carries
/// its messages.
/// </summary>
/// <param name="producer">Its producer's number.</param>
/// <param name="epoch">The class's epoch when it was made.</param>
/// <param name="nowMicros">When it was made.</param>
internal sealed class SimulatedGate(long producer, CapacityPlan plan, long epoch, long nowMicros)
{
    private const int MaxWaiting = 16_384;

    private readonly RoomBuckets _buckets = new(plan);
    private readonly DemandMeter _meter = new(plan.Lanes);
    private readonly HeldLease _lease = new(epoch);
    private readonly WaitingRoom<object> _waiting = new(MaxWaiting);
    private readonly List<Waiting<object>> _served = [];
    private readonly List<Waiting<object>> _expired = [];
    private readonly AskedDemand _asker = new(plan);
    private readonly ReservedNeed _need = new();
    private GateDemand _asked;
    private long _countedSince = nowMicros;

    public long Producer => producer;

    /// <summary>What it may use.</summary>
    public Lease Held => _lease.Held;

    /// <summary>Whether it is to call again without waiting for its next turn.</summary>
    public bool ReportsAtOnce => _lease.ReportsAtOnce;

    /// <summary>Reserved units that found no room, in time if they waited.</summary>
    public long ReservedRefused { get; private set; }

    /// <summary>Whether anybody waits.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>
    /// Asks for room. True: it was taken at once. Else the request waits for it, if it is let, and <see cref="Serve"/> tells what became of it.
    /// </summary>
    /// <param name="holder">If it is reserved: in which slot, and whose.</param>
    public bool Ask(in RoomRequest request, long nowMicros, long waitMicros, (SlotReservations Slot, string Member)? holder = null)
    {
        if (holder is { } home) _need.Count(home.Slot, home.Member, request.Reserved);
        if (_waiting.TryPass(_buckets, request, nowMicros))
        {
            _meter.Admitted(request);
            return true;
        }

        if (waitMicros > 0 && _buckets.Fits(request) && _waiting.TryEnter(request, nowMicros + waitMicros, new object(), out _)) return false;
        Refused(request);
        return false;
    }

    /// <summary>Serves who waits: <paramref name="admitted"/> is called for each request that found room, in order.</summary>
    public void Serve(long nowMicros, Action<RoomRequest> admitted)
    {
        if (_waiting.Count == 0) return;
        _waiting.Serve(_buckets, nowMicros, _served, _expired);
        foreach (Waiting<object> served in _served)
        {
            _meter.Admitted(served.Request);
            admitted(served.Request);
        }

        foreach (Waiting<object> expired in _expired) Refused(expired.Request);
        _served.Clear();
        _expired.Clear();
    }

    private void Refused(in RoomRequest request)
    {
        _meter.Refused(request);
        ReservedRefused += request.Reserved;
    }

    /// <summary>Starts an exchange.</summary>
    public (LeaseReport Report, GateDemand Demand) Report(long nowMicros)
    {
        if (nowMicros - _countedSince >= AskedDemand.ShortestMicros)
        {
            Lease reserved = _need.Next(_buckets.ReservedMicroUnits, _waiting.ReservedUnits, nowMicros - _countedSince);
            _asked = _asker.Next(_meter.Take(), _waiting.Units, nowMicros - _countedSince) with { Reserved = reserved };
            _countedSince = nowMicros;
        }

        return (_lease.Report(nowMicros), _asked);
    }

    /// <summary>Takes the class's answer.</summary>
    public void Hear(LeaseGrant grant, long nowMicros)
    {
        if (_lease.Accept(grant)) _buckets.SetLease(grant.Lease, grant.FloorMills ?? [], grant.Reserved, nowMicros);
    }
}
