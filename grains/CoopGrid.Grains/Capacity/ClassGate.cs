using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Pricing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Capacity;

/// <summary>
/// A class's gate in this silo: it holds the last signal and the leased capacity, and hands room out without a call. Thread-safe;
/// nothing awaits inside.
/// <list type="number">
/// <item>Room is taken from the leased buckets only; nobody overtakes who waits (SPEC.md §5).</item>
/// <item>Demand is counted as totals since the gate was made, so an exchange may be lost or repeated.</item>
/// <item>Plans follow each other and never go back, however decisions of two slices mix. Who waits when a plan ends is refused.</item>
/// <item>An entry may not count before <see cref="Mark"/>: the promise that slices close by (L5a).</item>
/// </list>
/// </summary>
internal sealed partial class ClassGate
{
    private const int MaxWaiting = 16_384;


    // What does not fit the lease may fit the next one: demand is heard at every exchange.
    private const int OtherLeaseMs = 1000;

    private readonly Lock _lock = new();
    private readonly GridClock _clock;
    private readonly ITimer _pump;
    private readonly HeldLease _lease;
    private readonly WaitingRoom<RoomWait> _waiting = new(MaxWaiting);
    private readonly List<Waiting<RoomWait>> _served = [];
    private readonly List<Waiting<RoomWait>> _expired = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ClassView? _view;
    private RoomBuckets? _buckets;
    private long _mark;
    private long _relaxedUntil = long.MinValue;
    private int _version;

    /// <param name="head">The class's head, read after this silo's producer was written.</param>
    public ClassGate(ClassId @class, GridClock clock, ClassHead head)
    {
        Class = @class;
        _clock = clock;
        _lease = new(head.Epoch);
        _mark = head.OpenSlice;
        _pump = clock.Time.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _countedSince = clock.Read().Micros;
    }

    public ClassId Class { get; }

    /// <summary>Where the class gives tickets for later; null where it gives none.</summary>
    public ITicketDesk? Tickets { get; init; }

    /// <summary>
    /// Completes once the gate holds a lease of the class's present epoch. The first signal of an epoch only makes it known
    /// (<see cref="LeaseBook"/>, rule 6); the second one leases.
    /// </summary>
    public Task Ready => _ready.Task;

    /// <summary>Who holds what of the running slot, and what is kept for it here.</summary>
    public GateReservations Reservations { get; } = new();

    /// <summary>What is known of the class; not before <see cref="Ready"/>.</summary>
    public ClassView View => _view ?? throw new InvalidOperationException($"The gate of {Class} has heard no signal yet.");

    /// <summary>Nothing more is counted before this slice.</summary>
    public long Mark => Volatile.Read(ref _mark);

    /// <summary>Nothing is given back any more before this slice, when nothing more is counted before <paramref name="mark"/>.</summary>
    public long ClosedBefore(long mark) => View.Epochs?.ClosedBefore(mark) ?? long.MinValue;

    /// <summary>Whether an answer decided at a moment of the monotonic clock may be given before its commit, where the class allows it (C1).</summary>
    public bool AllowsRelaxed(long micros) => micros <= Volatile.Read(ref _relaxedUntil);

    /// <summary>The policy of a slice, unless the gate has left it already: a clock that steps back does not bring it back.</summary>
    public PolicyPlan PlanAt(ClassView view, long slice)
    {
        PolicyPlan plan = view.At(slice);
        return plan.Plan.Version < Volatile.Read(ref _version) && view.Next is { } next ? next : plan;
    }

    /// <summary>The class's room under a plan, for one decision.</summary>
    public IRoom RoomFor(CapacityPlan plan) => new GateRoom(this, plan);

    /// <summary>A look at the room that takes nothing.</summary>
    public IRoom LookAt(CapacityPlan plan) => new GateLook(this, plan);

    /// <summary>
    /// Waits for room until a moment on the monotonic clock.
    /// </summary>
    /// <returns>When the room was taken, which is the moment of the decision; null if there was none in time.</returns>
    public Task<Reading?> WaitAsync(CapacityPlan plan, RoomRequest request, long untilMicros)
    {
        var wait = new RoomWait();
        lock (_lock)
        {
            if (Follow(plan, _clock.Read().Micros)?.Fits(request) != true) return Task.FromResult<Reading?>(null);
            if (!_waiting.TryEnter(request, untilMicros, wait, out RoomWait? evicted)) return Task.FromResult<Reading?>(null);
            evicted?.End(null);
            Serve();
        }

        return wait.Task;
    }

    /// <summary>Nothing that is decided from now on is counted before a slice; the caller then logs the promise.</summary>
    public void RaiseMark(long slice)
    {
        lock (_lock) _mark = Math.Max(_mark, slice);
    }

    /// <summary>Starts an exchange: what the class is told.</summary>
    public GateReport Report(long producer, UsageTick? lastTick)
    {
        lock (_lock)
        {
            LeaseReport lease = _lease.Report(_clock.Read().Micros);
            Instant now = _clock.Read().Now;
            if (_view is { } view) _openPeriod = Math.Max(_openPeriod, PriceRule.PeriodAt(view.Policies.Current, now));
            return new()
            {
                Producer = producer,
                LeaseEpoch = lease.Epoch,
                Exchange = lease.Exchange,
                LeaseUnitsPerSecond = lease.Held.UnitsPerSecond,
                LeaseBurstUnits = lease.Held.BurstUnits,
                Demand = TakeDemand(),
                Lanes = [.. _totals.Values],
                Periods = [.. _periods],
                LastTick = lastTick,
                At = now,
                BankThrough = _view?.Bank?.FinalThrough ?? long.MinValue,
                Slots = Reservations.Versions,
                ReservedUnitsPerSecond = _asked.Reserved.UnitsPerSecond,
                ReservedBurstUnits = _asked.Reserved.BurstUnits,
            };
        }
    }

    /// <summary>Whether another exchange is due at once, because much of the lease was taken away. For whoever exchanges.</summary>
    public bool ReportsAtOnce => _lease.ReportsAtOnce;

    /// <summary>Takes the class's answer.</summary>
    public void Hear(ClassSignal signal)
    {
        bool leased;
        lock (_lock)
        {
            long now = _clock.Read().Micros;
            if (signal.Policies is null) return;
            ClassView view = _view = new ClassView(Class, signal, _view, _clock.Read().Now);
            _mark = Math.Max(_mark, signal.OpenSlice);
            Reservations.Hear(signal.Slots, _clock.Read().Now);
            CapacityPlan plan = view.At(view.Policies.Current.Window.SliceAt(_clock.Read().Now)).Plan;
            // An emergency action raises or frees floors within a version: same lanes, so nobody's wait ends.
            if (Follow(plan, now) is { } buckets && buckets.Plan.Version == plan.Version) buckets.SetPlan(plan, now);
            leased = signal.Epoch == _lease.Epoch;
            var grant = new LeaseGrant(signal.Epoch, signal.Exchange, new(signal.LeaseUnitsPerSecond, signal.LeaseBurstUnits));
            if (_lease.Accept(grant))
            {
                _buckets!.SetLease(grant.Lease, [.. signal.LaneFloorMills], new(signal.ReservedUnitsPerSecond, signal.ReservedBurstUnits), now);
                Volatile.Write(ref _relaxedUntil, _lease.RelaxedUntilMicros);
            }

            Serve();
        }

        if (leased) _ready.TrySetResult();
    }

    internal bool TryTake(CapacityPlan plan, in RoomRequest request, long micros)
    {
        lock (_lock) return Follow(plan, micros) is { } buckets && _waiting.TryPass(buckets, request, micros);
    }

    internal bool HasRoom(CapacityPlan plan, in RoomRequest request, long micros)
    {
        lock (_lock) return Follow(plan, micros) is { } buckets && !_waiting.MustWaitBehind(request) && buckets.HasRoom(request, micros);
    }

    internal long RetryAfterMs(CapacityPlan plan, in RoomRequest request, long micros)
    {
        lock (_lock)
        {
            if (Follow(plan, micros) is not { } buckets) return 1;
            long wait = buckets.MicrosUntilRoom(request, micros);
            return wait == long.MaxValue ? OtherLeaseMs : Math.Max(1, wait / 1000);
        }
    }

    // A policy's plan takes over with the first decision or signal of its first slice; null for a plan that has ended.
    private RoomBuckets? Follow(CapacityPlan plan, long micros)
    {
        if (plan.Version < _version) return null;
        if (_buckets is null)
        {
            _buckets = new RoomBuckets(plan);
            (_demand, _asker) = (new DemandMeter(plan.Lanes), new AskedDemand(plan));
        }
        else if (plan.Version > _version)
        {
            // Who waits asked for the old plan's lanes: their time is up.
            _waiting.Serve(_buckets, long.MaxValue - 1, _served, _expired);
            foreach (Waiting<RoomWait> expired in _expired) expired.Waiter.End(null);
            _expired.Clear();
            _buckets.SetPlan(plan, micros);
            (_demand, _asker) = (new DemandMeter(plan.Lanes), new AskedDemand(plan));
        }

        Volatile.Write(ref _version, plan.Version);
        return _buckets;
    }

    private void Pump()
    {
        lock (_lock) Serve();
    }

    private void Serve()
    {
        if (_buckets is null) return;
        Reading now = _clock.Read();
        if (_waiting.Count > 0)
        {
            _waiting.Serve(_buckets, now.Micros, _served, _expired);
            foreach (Waiting<RoomWait> served in _served) served.Waiter.End(now);
            foreach (Waiting<RoomWait> expired in _expired) expired.Waiter.End(null);
            _served.Clear();
            _expired.Clear();
        }

        long wake = _waiting.Count == 0 ? long.MaxValue : _waiting.NextWakeMicros(_buckets, now.Micros);
        TimeSpan due = wake == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Max(1, (wake - now.Micros + 999) / 1000));
        _pump.Change(due, Timeout.InfiniteTimeSpan);
    }

    private sealed class RoomWait() : TaskCompletionSource<Reading?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public void End(Reading? taken) => TrySetResult(taken);
    }
}
