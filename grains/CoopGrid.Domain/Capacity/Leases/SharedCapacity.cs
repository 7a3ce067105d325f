namespace CoopGrid.Domain.Capacity;

/// <summary>
/// A class's capacity as its gates share it, exchange by exchange: <see cref="LeaseBook"/> says what may be granted,
/// <see cref="CapacityDivision"/> what is to be.
/// 1. It divides when a gate comes or goes, when the policy changes, and else at most once in <see cref="DivideEveryMs"/>, or
///    <see cref="MovedEveryMs"/> for a gate whose demand has moved: an exchange costs little more with many gates than with few.
/// 2. A gate that has not been heard of for <see cref="SilentMs"/> keeps what it may be using, and no more is put aside for it.
/// 3. A sealed gate is granted nothing. What it may be using is freed <see cref="HeldLease.RelaxedMs"/> and a margin after it was last
///    heard of, or after this activation began if it never was: its commits are refused, but relaxed answers rest on none.
///    Whether the class allows them is not asked: gates follow a change of policy by their own clocks, and a dead gate has been silent for longer
///    than that when it is sealed.
/// Moments are of one monotonic clock. Rule 3 takes for granted that no older activation answers gates any more.
/// </summary>
public sealed class SharedCapacity
{
    /// <summary>How often demand is looked at, in ms.</summary>
    public const int DivideEveryMs = 10;

    /// <summary>And after a demand has moved to or from a gate.</summary>
    public const int MovedEveryMs = 2;

    /// <summary>After this time without an exchange a gate is not divided for any more, in ms. Idle gates call every half second.</summary>
    public const int SilentMs = 2000;

    // Clocks of two machines do not run at quite the same rate.
    private const int MarginMs = 100;

    private readonly LeaseBook _book;
    private readonly SortedDictionary<long, Gate> _gates = [];
    private readonly Dictionary<long, long> _leaving = [];
    private readonly long _begunMicros;
    private long _dividedMicros;
    private CapacityPlan _plan;
    private Lease _aside;
    private bool _changed;

    /// <param name="epoch">The activation's epoch.</param>
    /// <param name="plan">The class's capacity and lanes.</param>
    /// <param name="nowMicros">When this activation began.</param>
    public SharedCapacity(long epoch, CapacityPlan plan, long nowMicros)
    {
        _plan = plan;
        _book = new(epoch, plan.Full);
        _begunMicros = nowMicros;
    }

    /// <summary>Sealed gates whose leases are not freed yet.</summary>
    public int Leaving => _leaving.Count;

    /// <summary>What all gates together may be using.</summary>
    public Lease InUse => _book.InUse;

    /// <summary>What no gate may be using; null while one that may hold a lease of an earlier epoch has not been heard of.</summary>
    public Lease? Free => _book.Silent > 0 ? null : Lease.Max(_plan.Full - _book.InUse, default);

    /// <summary>Names the producers that are open in the store and may hold leases from before this epoch. Before any answer.</summary>
    public void OpenGates(IEnumerable<long> producers) => _book.OpenGates(producers);

    /// <summary>The policy changes.</summary>
    public void SetPlan(CapacityPlan plan)
    {
        _plan = plan;
        Total();
    }

    /// <summary>What gates are not to have of the class's capacity from now on, for it is promised otherwise. It is free once they have confirmed less.</summary>
    public void SetAside(Lease aside)
    {
        if (aside == _aside) return;
        _aside = aside.Checked();
        Total();
    }

    /// <summary>The producer is sealed in the store, and its log is followed to its end. Harmless to repeat.</summary>
    public void Seal(long producer, long nowMicros)
    {
        if (_leaving.ContainsKey(producer) || _book.IsSealed(producer)) return;
        long heard = _gates.Remove(producer, out Gate? gate) ? gate.HeardMicros : _begunMicros;
        _leaving[producer] = heard + ((HeldLease.RelaxedMs + MarginMs) * 1000L);
        _changed = true;
        Settle(nowMicros);
    }

    /// <summary>Frees the leases of sealed gates whose time has come.</summary>
    public void Settle(long nowMicros)
    {
        if (_leaving.Count == 0) return;
        foreach (long producer in _leaving.Where(gate => gate.Value <= nowMicros).Select(gate => gate.Key).ToArray())
        {
            _leaving.Remove(producer);
            _book.Seal(producer);
            _changed = true;
        }
    }

    /// <summary>Answers a gate.</summary>
    /// <param name="demand">What it asks for.</param>
    /// <returns>False: a later activation has spoken to this gate, so this one must end.</returns>
    public bool TryAnswer(long producer, LeaseReport report, GateDemand demand, long nowMicros, out LeaseGrant grant)
    {
        Settle(nowMicros);
        if (_leaving.ContainsKey(producer) || _book.IsSealed(producer)) return _book.TryAnswer(producer, report, default, out grant);
        if (!_gates.TryGetValue(producer, out Gate? gate))
        {
            _book.Register(producer);
            _gates.Add(producer, gate = new());
            _changed = true;
        }

        gate.Demand = demand;
        gate.HeardMicros = nowMicros;
        if (_changed || nowMicros - _dividedMicros >= (HasMoved(gate) ? MovedEveryMs : DivideEveryMs) * 1000) Divide(nowMicros);
        bool answered = _book.TryAnswer(producer, report, gate.Wanted.Lease, out grant);
        grant = grant with { FloorMills = gate.Wanted.FloorMills, Reserved = gate.Wanted.Reserved };
        return answered;
    }

    /// <summary>Whether a gate asks for a hundredth of all more or less than when it was divided for.</summary>
    private bool HasMoved(Gate gate) => Math.Abs(gate.Demand.Total - gate.DividedFor) > _book.Total.UnitsPerSecond / 100;

    private void Total()
    {
        _book.SetTotal(Lease.Max(_plan.Full - _aside, default));
        _changed = true;
    }

    private void Divide(long nowMicros)
    {
        (_changed, _dividedMicros) = (false, nowMicros);
        Lease total = _book.Total;
        List<Gate> gates = [];
        foreach ((long producer, Gate gate) in _gates)
        {
            if (nowMicros - gate.HeardMicros < SilentMs * 1000L) gates.Add(gate);
            else total -= _book.InUseBy(producer);
        }

        foreach (long producer in _leaving.Keys) total -= _book.InUseBy(producer);

        // More may be in use than there is, after the total was lowered.
        GateShare[] shares = CapacityDivision.Share(_plan, Lease.Max(total, default), [.. gates.Select(gate => gate.Demand)]);
        for (int i = 0; i < shares.Length; i++)
        {
            gates[i].Wanted = shares[i];
            gates[i].DividedFor = gates[i].Demand.Total;
        }
    }

    private sealed class Gate
    {
        public GateDemand Demand { get; set; }

        public long DividedFor { get; set; }

        public long HeardMicros { get; set; }

        public GateShare Wanted { get; set; }
    }
}
