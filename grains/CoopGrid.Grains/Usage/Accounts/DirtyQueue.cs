namespace CoopGrid.Grains.Usage;

/// <summary>
/// Claims with entries that no checkpoint holds. Whoever is about to append enters first, with the position that the ledger gathers at
/// that moment. So the heads' positions are at or before every entry of every claim in the queue and of every claim that is not in it
/// yet: they bound what may be deleted from this silo's log (L6). Claims that hold entries of sealed producers go first: those producers wait
/// to be drained.
/// </summary>
internal sealed class DirtyQueue(GridClock clock)
{
    // Not concurrent queues: once peeked at, one of those keeps what was taken from it, and with it members that have long left.
    private readonly Queue<Dirty> _urgent = new();
    private readonly Queue<Dirty> _queue = new();
    private readonly Lock _lock = new();

    /// <summary>How many claims hold entries of sealed producers.</summary>
    public int UrgentCount
    {
        get
        {
            lock (_lock) return _urgent.Count;
        }
    }

    /// <summary>The next to be taken, without taking it.</summary>
    public Dirty? Head
    {
        get
        {
            lock (_lock) return _urgent.TryPeek(out Dirty? urgent) || _queue.TryPeek(out urgent) ? urgent : null;
        }
    }

    /// <summary>The lowest position of all that wait, if any do.</summary>
    public LedgerPosition? Lowest
    {
        get
        {
            lock (_lock)
            {
                LedgerPosition? lowest = _queue.TryPeek(out Dirty? head) ? head.At : null;
                return _urgent.TryPeek(out Dirty? urgent) && (lowest is not { } other || urgent.At.CompareTo(other) < 0) ? urgent.At : lowest;
            }
        }
    }

    /// <summary>Enters a claim that is not in the queue; call under its gate, before appending.</summary>
    /// <param name="at">At or before the entry's place.</param>
    /// <param name="urgent">It holds entries of a sealed producer.</param>
    public void Enter(MemberClaim claim, LedgerPosition at, bool urgent = false)
    {
        if (claim.Queued) return;
        claim.Queued = true;
        var entered = new Dirty(claim, at, clock.Read().Micros, urgent);
        lock (_lock) (urgent ? _urgent : _queue).Enqueue(entered);
    }

    /// <summary>Takes <see cref="Head"/>. Only the checkpointer does, under the claim's gate.</summary>
    public void Take(Dirty head)
    {
        lock (_lock) (head.IsUrgent ? _urgent : _queue).Dequeue();
        head.Claim.Queued = false;
    }
}

/// <summary>A claim, a position at or before its first unsaved entry in this silo's log, and since when it waits on the monotonic clock.</summary>
internal sealed record Dirty(MemberClaim Claim, LedgerPosition At, long SinceMicros, bool IsUrgent);
