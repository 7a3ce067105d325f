namespace CoopGrid.Grains.Usage;

/// <summary>
/// Claims with entries that no checkpoint holds. Whoever is about to append enters first, with the position that the ledger gathers at
/// that moment. So the head's position is at or before every entry of every claim in the queue and of every claim that is not in it
/// yet: it bounds what may be deleted from the ledger (L6).
/// </summary>
internal sealed class DirtyQueue(GridClock clock)
{
    // Not a concurrent queue: once peeked at, one of those keeps what was taken from it, and with it members that have long left.
    private readonly Queue<Dirty> _queue = new();
    private readonly Lock _lock = new();

    /// <summary>The oldest, without taking it.</summary>
    public Dirty? Head
    {
        get
        {
            lock (_lock) return _queue.TryPeek(out Dirty? head) ? head : null;
        }
    }

    /// <summary>Enters a claim that is not in the queue; call under its gate, before appending.</summary>
    /// <param name="at">At or before the entry's place.</param>
    public void Enter(MemberClaim claim, LedgerPosition at)
    {
        if (claim.Queued) return;
        claim.Queued = true;
        var entered = new Dirty(claim, at, clock.Read().Micros);
        lock (_lock) _queue.Enqueue(entered);
    }

    /// <summary>Takes the oldest. Only the checkpointer does, under the claim's gate.</summary>
    public void Take()
    {
        lock (_lock)
        {
            if (_queue.TryDequeue(out Dirty? head)) head.Claim.Queued = false;
        }
    }
}

/// <summary>A claim, a position at or before its first unsaved entry, and since when it waits on the monotonic clock.</summary>
internal sealed record Dirty(MemberClaim Claim, LedgerPosition At, long SinceMicros);
