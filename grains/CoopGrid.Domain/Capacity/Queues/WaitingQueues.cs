using System.Numerics;

namespace CoopGrid.Domain.Capacity;

/// <summary>
/// The queues of a <see cref="WaitingRoom{T}"/>: one per lane and band, in order of arrival, with a bit mask of the bands
/// in which each lane has anybody. What is reserved in whole waits in a lane of its own, after all others (<see cref="RoomRequest.Queue"/>).
/// Every operation is O(lanes) at most.
/// </summary>
internal sealed class WaitingQueues<T>
    where T : class
{
    /// <summary>How many lanes there are here at most: the policy's, and the one of reservations.</summary>
    public const int Lanes = CapacityPlan.MaxLanes + 1;

    /// <summary>Where reservations wait.</summary>
    public const int Reserved = CapacityPlan.MaxLanes;

    private readonly Waiting<T>?[] _first = new Waiting<T>?[Lanes * Bands.Count];
    private readonly Waiting<T>?[] _last = new Waiting<T>?[Lanes * Bands.Count];
    private readonly ulong[] _bands = new ulong[Lanes];
    private readonly long[] _units = new long[Lanes * Bands.Count];

    /// <summary>The bands in which any lane has anybody.</summary>
    public ulong AllBands
    {
        get
        {
            ulong bands = 0;
            foreach (ulong lane in _bands) bands |= lane;
            return bands;
        }
    }

    /// <summary>Units that wait, by lane and band as in <see cref="GateDemand"/>.</summary>
    public ReadOnlySpan<long> Units => _units;

    /// <summary>The bands in which this lane has anybody.</summary>
    public ulong BandsOf(int lane) => _bands[lane];

    public Waiting<T>? First(int lane, int band) => _first[At(lane, band)];

    public void Append(Waiting<T> waiting)
    {
        int at = At(waiting.Request.Queue, waiting.Request.Band);
        _units[at] += waiting.Request.Units;
        waiting.Before = _last[at];
        if (_last[at] is { } last) last.After = waiting;
        else _first[at] = waiting;
        _last[at] = waiting;
        _bands[waiting.Request.Queue] |= 1UL << waiting.Request.Band;
    }

    public void Unlink(Waiting<T> waiting)
    {
        int at = At(waiting.Request.Queue, waiting.Request.Band);
        _units[at] -= waiting.Request.Units;
        if (waiting.Before is { } before) before.After = waiting.After;
        else _first[at] = waiting.After;
        if (waiting.After is { } after) after.Before = waiting.Before;
        else _last[at] = waiting.Before;
        if (_first[at] is null) _bands[waiting.Request.Queue] &= ~(1UL << waiting.Request.Band);
        waiting.Before = waiting.After = null;
    }

    /// <summary>The latest arrival of the worst band that has anybody, or null.</summary>
    public Waiting<T>? Latest()
    {
        ulong all = AllBands;
        if (all == 0) return null;
        int band = BitOperations.Log2(all);
        Waiting<T>? latest = null;
        for (int lane = 0; lane < Lanes; lane++)
        {
            if (_last[At(lane, band)] is { } last && (latest is null || last.Arrival > latest.Arrival)) latest = last;
        }

        return latest;
    }

    /// <summary>Where this lane's order starts: the first of its best band that the buckets can hold at all, or null.</summary>
    public Waiting<T>? FirstFitting(int lane, RoomBuckets buckets)
    {
        for (ulong bands = _bands[lane]; bands != 0; bands &= bands - 1)
        {
            Waiting<T>? waiting = First(lane, BitOperations.TrailingZeroCount(bands));
            while (waiting is not null && !buckets.Fits(waiting.Request)) waiting = waiting.After;
            if (waiting is not null) return waiting;
        }

        return null;
    }

    private static int At(int lane, int band) => GateDemand.At(lane, band);
}
