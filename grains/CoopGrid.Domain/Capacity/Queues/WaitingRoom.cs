using System.Numerics;

namespace CoopGrid.Domain.Capacity;

/// <summary>
/// Where requests wait in place until room flows in. Bounded; not thread-safe.
/// 1. Order: what is reserved first, then the better band, within a band the earlier arrival, over all lanes.
/// 2. Nobody overtakes: once a waiter finds no room, the shared bucket is kept for it, and its lane's floor too, against all that
///    come after it in this order; these can be served by other lanes' floors alone. (The reservations' floor is that of a lane of its own.)
/// 3. A waiter that the present lease cannot hold at all keeps nobody waiting.
/// 4. When full, a newcomer of a better band takes the place of the latest waiter of the worst band; any other is turned away.
/// 5. Nobody is served after its deadline, and nobody stays beyond it once <see cref="Serve"/> has been called.
/// 6. Entering, leaving and being served cost O(log n).
/// </summary>
/// <param name="limit">Most that wait at once, 0 or more.</param>
public sealed class WaitingRoom<T>(int limit)
    where T : class
{
    private readonly WaitingQueues<T> _queues = new();
    private readonly Dictionary<T, Waiting<T>> _byWaiter = new(ReferenceEqualityComparer.Instance);
    private readonly PriorityQueue<Waiting<T>, long> _byDeadline = new();
    private readonly Waiting<T>?[] _heads = new Waiting<T>?[WaitingQueues<T>.Lanes];
    private long _arrivals;

    /// <summary>How many wait.</summary>
    public int Count => _byWaiter.Count;

    /// <summary>Units that wait, at <see cref="GateDemand.At"/>.</summary>
    public ReadOnlySpan<long> Units => _queues.Units;

    /// <summary>Units that wait and are reserved in whole.</summary>
    public long ReservedUnits => _queues.Units[GateDemand.At(WaitingQueues<T>.Reserved, Bands.Protected)];

    /// <summary>Lets a request wait. False: there is no place for it.</summary>
    /// <param name="deadlineMicros">The last moment at which it may be served.</param>
    /// <param name="waiter">Not already waiting here.</param>
    /// <param name="evicted">Who had to leave for it, if anybody; it is to be refused.</param>
    public bool TryEnter(in RoomRequest request, long deadlineMicros, T waiter, out T? evicted)
    {
        evicted = null;
        if (Count >= limit)
        {
            if (_queues.Latest() is not { } latest || latest.Request.Band <= request.Band) return false;
            Leave(latest);
            evicted = latest.Waiter;
        }

        var waiting = new Waiting<T>(request, deadlineMicros, waiter, _arrivals++);
        _byWaiter.Add(waiter, waiting);
        _queues.Append(waiting);
        _byDeadline.Enqueue(waiting, deadlineMicros);
        return true;
    }

    /// <summary>Takes a caller that gave up out. False: it does not wait here (any more).</summary>
    public bool Remove(T waiter)
    {
        if (!_byWaiter.TryGetValue(waiter, out Waiting<T>? waiting)) return false;
        Leave(waiting);
        return true;
    }

    /// <summary>
    /// Whether anybody waits that comes before a newcomer in the order, so that a newcomer may not draw from the shared bucket. Its lane's own
    /// floor may still serve it: <see cref="TryPass"/> knows.
    /// </summary>
    public bool MustWaitBehind(in RoomRequest request) =>
        ((request.IsReserved ? _queues.BandsOf(WaitingQueues<T>.Reserved) : _queues.AllBands) & UpTo(request.Band)) != 0;

    /// <summary>Takes room for a newcomer at once, if that overtakes nobody.</summary>
    public bool TryPass(RoomBuckets buckets, in RoomRequest request, long nowMicros)
    {
        if (!MustWaitBehind(request)) return buckets.TryTake(request, nowMicros);
        bool laneIsFree = (_queues.BandsOf(request.Queue) & UpTo(request.Band)) == 0;
        return laneIsFree && buckets.TryTakeFloor(request, nowMicros);
    }

    /// <summary>Takes room for as many as there is room for, in order, and shows out who has waited long enough.</summary>
    /// <param name="served">Whoever's room has been taken is added here, in order.</param>
    /// <param name="expired">Whoever's time is up is added here.</param>
    public void Serve(RoomBuckets buckets, long nowMicros, ICollection<Waiting<T>> served, ICollection<Waiting<T>> expired)
    {
        Expire(nowMicros - 1, expired);
        ServeInOrder(buckets, nowMicros, served);
        // Whoever's last moment this was has had its chance, and keeps nobody waiting any more.
        if (Expire(nowMicros, expired)) ServeInOrder(buckets, nowMicros, served);
    }

    /// <summary>
    /// When <see cref="Serve"/> has something to do next, if nothing changes before: absolute, like
    /// <paramref name="nowMicros"/> and never before it; <see cref="long.MaxValue"/> if nobody waits.
    /// </summary>
    public long NextWakeMicros(RoomBuckets buckets, long nowMicros)
    {
        Waiting<T>? first = null;
        long wait = long.MaxValue;
        for (int lane = 0; lane < _heads.Length; lane++)
        {
            _heads[lane] = _queues.FirstFitting(lane, buckets);
            if (_heads[lane] is { } head && (first is null || Order(head).CompareTo(Order(first)) < 0)) first = head;
        }

        foreach (Waiting<T>? head in _heads)
        {
            if (head is null) continue;
            wait = Math.Min(wait, head == first ? buckets.MicrosUntilRoom(head.Request, nowMicros) : buckets.MicrosUntilFloor(head.Request, nowMicros));
        }

        Array.Clear(_heads);
        long room = wait == long.MaxValue ? long.MaxValue : nowMicros + wait;
        return Math.Max(nowMicros, Math.Min(room, NextDeadline()));
    }

    private void ServeInOrder(RoomBuckets buckets, long nowMicros, ICollection<Waiting<T>> served)
    {
        bool sharedIsKept = false;
        uint lanesKept = 0;
        for (ulong bands = _queues.AllBands; bands != 0; bands &= bands - 1)
        {
            int band = BitOperations.TrailingZeroCount(bands);
            for (int lane = 0; lane < _heads.Length; lane++) _heads[lane] = _queues.First(lane, band);
            while (NextHead(lanesKept) is { } next)
            {
                if (!buckets.Fits(next.Request)) continue;
                bool taken = sharedIsKept ? buckets.TryTakeFloor(next.Request, nowMicros) : buckets.TryTake(next.Request, nowMicros);
                if (taken)
                {
                    Leave(next);
                    served.Add(next);
                    continue;
                }

                sharedIsKept = true;
                lanesKept |= 1U << next.Request.Queue;
            }
        }

        Array.Clear(_heads);
    }

    /// <summary>The earliest of the lanes' heads whose floors are not kept for somebody before it; its lane's head moves on.</summary>
    private Waiting<T>? NextHead(uint lanesKept)
    {
        Waiting<T>? next = null;
        for (int lane = 0; lane < _heads.Length; lane++)
        {
            bool free = (lanesKept & (1U << lane)) == 0;
            if (free && _heads[lane] is { } head && (next is null || Order(head).CompareTo(Order(next)) < 0)) next = head;
        }

        if (next is not null) _heads[next.Request.Queue] = next.After;
        return next;
    }

    private bool Expire(long upToMicros, ICollection<Waiting<T>> expired)
    {
        int before = Count;
        while (NextDeadline() <= upToMicros)
        {
            Waiting<T> waiting = _byDeadline.Dequeue();
            Leave(waiting);
            expired.Add(waiting);
        }

        return Count < before;
    }

    /// <summary>The earliest deadline of those who still wait; those who left are cleared away on the way.</summary>
    private long NextDeadline()
    {
        while (_byDeadline.TryPeek(out Waiting<T>? waiting, out long deadline))
        {
            if (!waiting.Gone) return deadline;
            _byDeadline.Dequeue();
        }

        return long.MaxValue;
    }

    private void Leave(Waiting<T> waiting)
    {
        waiting.Gone = true;
        _queues.Unlink(waiting);
        _byWaiter.Remove(waiting.Waiter);
        if (_byDeadline.Count <= (2 * Count) + 64) return;

        // Those who left early must not pile up until deadlines that may be far away.
        _byDeadline.Clear();
        foreach (Waiting<T> left in _byWaiter.Values) _byDeadline.Enqueue(left, left.DeadlineMicros);
    }

    private static (int Band, int Others, long Arrival) Order(Waiting<T> waiting) =>
        (waiting.Request.Band, waiting.Request.IsReserved ? 0 : 1, waiting.Arrival);

    private static ulong UpTo(int band) => (1UL << band) | ((1UL << band) - 1);
}
