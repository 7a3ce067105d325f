namespace CoopGrid.Domain.Capacity;

/// <summary>
/// The room that one gate may hand out under its lease: the shared bucket, the lanes' floors and the one of reservations (<see cref="CapacityPlan"/>).
/// 1. Never over: within any span of time, what is taken is at most what was held at its start plus rate × time, exactly; what is
///    held never exceeds the lease's burst. It starts empty, and a changed lease or plan never adds to what is held.
/// 2. A request takes first from its lane's floor, the rest from the shared bucket, and leaves its band's threshold
///    (<see cref="Bands.Threshold"/>) in each.
///    Units under a reservation come before both: they draw the reservations' floor empty, which nobody else touches. A request that is reserved in whole
///    draws what is missing there from the shared bucket, as protected; one in part counts for the rest as any other.
/// 3. A request too large to leave the thresholds even in full buckets (possible only under a lease that is a small part of the
///    class's) is admitted when its buckets are full. If they do not hold it at all, it is impossible under this lease.
/// 4. Unused floors overflow into the shared bucket at once, so no capacity is lost while anyone in the class asks.
/// 5. Time never goes back. Threads read the clock before they come here, so one may come with a moment before the last: what has
///    flowed in since is not there for it, or a window that ends with its stamp would hold more than C·T + B.
/// Not thread-safe. Taking does not allocate. Levels are micro-units: units/s × microseconds, without rounding.
/// </summary>
public sealed class RoomBuckets
{
    private const long MaxPour = 1L << 61;
    private const long MaxStepMicros = 1L << 50;

    private CapacityPlan _plan;
    private Lease _lease;
    private long[] _floorMills = [];
    private Lease _reserved;
    private Basin[] _basins;
    private long _lastMicros = long.MinValue;
    private long _microsToFill;
    private long _maxStepMicros;

    public RoomBuckets(CapacityPlan plan)
    {
        _plan = plan;
        _basins = plan.Basins(default, []);
    }

    /// <summary>The lease in force.</summary>
    public Lease Lease => _lease;

    /// <summary>The plan in force.</summary>
    public CapacityPlan Plan => _plan;

    /// <summary>What is held in all buckets, as of the last call that was told the time.</summary>
    public long LevelMicroUnits
    {
        get
        {
            long level = 0;
            foreach (ref readonly Basin basin in _basins.AsSpan()) level += basin.Level;
            return level;
        }
    }

    /// <summary>What is held for reservations, as of the last call that was told the time.</summary>
    public long ReservedMicroUnits => _basins[^2].Level;

    /// <summary>Lets time flow under the old lease, then changes to the new one: what its buckets cannot hold is lost.</summary>
    /// <param name="floorMills">
    /// What of the lease each lane is guaranteed here, in thousandths of a unit per second, each 0 or more; empty: as in the whole class.
    /// </param>
    /// <param name="reserved">What of the lease is kept for reservations.</param>
    public void SetLease(Lease lease, long[] floorMills, Lease reserved, long nowMicros)
    {
        Flow(nowMicros);
        if (lease == _lease && reserved == _reserved && floorMills.AsSpan().SequenceEqual(_floorMills)) return;
        (_floorMills, _reserved) = (floorMills, reserved);
        Change(_plan, lease.Checked());
    }

    /// <summary>A lease of which nothing is kept for reservations.</summary>
    public void SetLease(Lease lease, long[] floorMills, long nowMicros) => SetLease(lease, floorMills, default, nowMicros);

    /// <summary>A lease with the class's own floors.</summary>
    public void SetLease(Lease lease, long nowMicros) => SetLease(lease, [], nowMicros);

    /// <summary>Lets time flow under the old plan, then changes to the new one under the same lease.</summary>
    public void SetPlan(CapacityPlan plan, long nowMicros)
    {
        if (ReferenceEquals(plan, _plan)) return;
        Flow(nowMicros);
        Change(plan, _lease);
    }

    /// <summary>Takes the request's units if there is room for it.</summary>
    public bool TryTake(in RoomRequest request, long nowMicros) => TryTake(request, nowMicros, floorOnly: false);

    /// <summary>Takes the request's units if the floors that are its own have room for all of it: its lane's, the one of reservations.</summary>
    public bool TryTakeFloor(in RoomRequest request, long nowMicros) => TryTake(request, nowMicros, floorOnly: true);

    /// <summary>Whether <see cref="TryTake(in RoomRequest, long)"/> would succeed.</summary>
    public bool HasRoom(in RoomRequest request, long nowMicros)
    {
        Flow(nowMicros);
        return Room(_basins, request, floorOnly: false, FlowedSince(nowMicros), out _);
    }

    /// <summary>Whether the buckets of this lease can hold the request at all.</summary>
    public bool Fits(in RoomRequest request)
    {
        if (request.Units > Lease.MaxUnits) return false;
        long reserved = Math.Min(request.Reserved * CapacityPlan.MicrosPerUnit, _basins[^2].Cap);
        long floor = request.IsReserved ? 0 : _basins[request.Lane].Cap;
        return (request.Units * CapacityPlan.MicrosPerUnit) - reserved <= floor + _basins[^1].Cap;
    }

    /// <summary>
    /// Microseconds until there is room, if nobody else takes any: 0 = now, <see cref="long.MaxValue"/> = never under this lease.
    /// Exact: one microsecond earlier there is none.
    /// </summary>
    public long MicrosUntilRoom(in RoomRequest request, long nowMicros) => MicrosUntil(request, nowMicros, floorOnly: false);

    /// <summary>As <see cref="MicrosUntilRoom"/>, for the lane's own floor alone.</summary>
    public long MicrosUntilFloor(in RoomRequest request, long nowMicros) => MicrosUntil(request, nowMicros, floorOnly: true);

    private bool TryTake(in RoomRequest request, long nowMicros, bool floorOnly)
    {
        Flow(nowMicros);
        if (!Room(_basins, request, floorOnly, FlowedSince(nowMicros), out Draw draw)) return false;
        _basins[^2].Level -= draw.Reserved;
        _basins[request.Lane].Level -= draw.Floor;
        _basins[^1].Level -= (request.Units * CapacityPlan.MicrosPerUnit) - draw.Reserved - draw.Floor;
        return true;
    }

    private static bool Room(ReadOnlySpan<Basin> basins, in RoomRequest request, bool floorOnly, long later, out Draw draw)
    {
        ref readonly Basin floor = ref basins[request.Lane];
        ref readonly Basin shared = ref basins[^1];
        draw = default;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(request.Units);
        if (request.Units > Lease.MaxUnits) return false;
        long reserved = Math.Min(request.Reserved * CapacityPlan.MicrosPerUnit, Math.Max(0, basins[^2].Level - later));
        long need = (request.Units * CapacityPlan.MicrosPerUnit) - reserved;

        // What is reserved in whole leaves its lane's floor to others: as if it had none.
        (long level, long cap) = request.IsReserved ? (0, 0) : (floor.Level, floor.Cap);
        long fromFloor = Math.Min(need, Math.Max(0, level - later - Bands.Threshold(cap, request.Band)));
        draw = new(reserved, fromFloor);
        if (fromFloor == need) return true;
        if (floorOnly) return false;
        if (shared.Level - later - (need - fromFloor) >= Bands.Threshold(shared.Cap, request.Band)) return true;

        // Rule 3: full buckets that cannot do it within the thresholds never will.
        if (later > 0 || level < cap || shared.Level < shared.Cap || need > cap + shared.Cap) return false;
        draw = new(reserved, Math.Min(need, cap));
        return true;
    }

    private long MicrosUntil(in RoomRequest request, long nowMicros, bool floorOnly)
    {
        Flow(nowMicros);
        if (Room(_basins, request, floorOnly, FlowedSince(nowMicros), out _)) return 0;
        Span<Basin> full = stackalloc Basin[CapacityPlan.MaxLanes + 2];
        full = full[.._basins.Length];
        _basins.CopyTo(full);
        Basin.Fill(full);
        if (_lease.UnitsPerSecond == 0 || !Room(full, request, floorOnly, 0, out _)) return long.MaxValue;

        // Levels only rise while nobody takes, so the first moment with room is found by halving.
        long without = 0, with = _microsToFill;
        Span<Basin> then = stackalloc Basin[CapacityPlan.MaxLanes + 2];
        then = then[.._basins.Length];
        while (with - without > 1)
        {
            long middle = without + ((with - without) / 2);
            _basins.CopyTo(then);
            Elapse(then, middle);
            if (Room(then, request, floorOnly, 0, out _)) with = middle;
            else without = middle;
        }

        return with;
    }

    private void Flow(long nowMicros)
    {
        if (nowMicros <= _lastMicros) return;
        // Before the first lease there is no earlier moment to count from, and without a rate nothing flows.
        if (_lease.UnitsPerSecond > 0) Elapse(_basins, nowMicros - _lastMicros);
        _lastMicros = nowMicros;
    }

    /// <summary>At most what has flowed in after a moment, in all buckets; 0 if that is the last one.</summary>
    private long FlowedSince(long micros)
    {
        if (micros >= _lastMicros || _lease.UnitsPerSecond == 0) return 0;
        return _lastMicros - micros < _microsToFill ? _lease.UnitsPerSecond * (_lastMicros - micros) : _lease.BurstUnits * CapacityPlan.MicrosPerUnit;
    }

    private void Elapse(Span<Basin> basins, long micros)
    {
        if (micros >= _microsToFill)
        {
            Basin.Fill(basins);
            return;
        }

        for (; micros > _maxStepMicros; micros -= _maxStepMicros) Basin.Pour(basins, _maxStepMicros);
        Basin.Pour(basins, micros);
    }

    private void Change(CapacityPlan plan, Lease lease)
    {
        Basin[] basins = plan.Basins(lease, _floorMills, _reserved);
        ref Basin shared = ref basins[^1];
        shared.Level = _basins[^1].Level;
        for (int i = 0; i < _basins.Length - 1; i++)
        {
            // A lane that has lost its guarantee, or is gone, leaves what it held to all; so do reservations.
            int place = i == _basins.Length - 2 ? basins.Length - 2 : i;
            bool stays = i == _basins.Length - 2 || i < plan.Lanes;
            if (stays && basins[place].Cap > 0) basins[place].Level = _basins[i].Level;
            else shared.Level += _basins[i].Level;
        }

        Basin.Pour(basins, 0);
        (_plan, _lease, _basins) = (plan, lease, basins);
        if (lease.UnitsPerSecond == 0) return;
        _microsToFill = MicrosToFill(basins, lease.UnitsPerSecond);
        _maxStepMicros = Math.Min(MaxPour / lease.UnitsPerSecond, MaxStepMicros);
    }

    /// <summary>After so long without taking everything is full: the slowest floor first, then the shared bucket from all of the rate.</summary>
    private static long MicrosToFill(ReadOnlySpan<Basin> basins, long rate)
    {
        Int128 slowest = 0;
        foreach (ref readonly Basin floor in basins[..^1])
        {
            if (floor.Cap > 0) slowest = Int128.Max(slowest, ((Int128)floor.Cap * 1000 / floor.MillsPerSecond) + 1);
        }

        Int128 micros = slowest + (basins[^1].Cap / rate) + 1;
        return (long)Int128.Min(micros, long.MaxValue / 4);
    }

    /// <summary>What a request takes from the reservations' floor and from its lane's, in micro-units; the rest is from the shared bucket.</summary>
    private readonly record struct Draw(long Reserved, long Floor);
}
