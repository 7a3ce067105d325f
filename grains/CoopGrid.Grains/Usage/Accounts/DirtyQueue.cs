using System.Collections.Concurrent;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Claims with entries that no checkpoint holds. Whoever is about to append enters first, with the position that the ledger gathers at
/// that moment. So the head's position is at or before every entry of every claim in the queue and of every claim that is not in it
/// yet: it bounds what may be deleted from the ledger (L6).
/// </summary>
internal sealed class DirtyQueue(GridClock clock)
{
    private readonly ConcurrentQueue<Dirty> _queue = new();

    /// <summary>The oldest, without taking it.</summary>
    public Dirty? Head => _queue.TryPeek(out Dirty? head) ? head : null;

    public int Count => _queue.Count;

    /// <summary>Enters a claim that is not in the queue; call under its gate, before appending.</summary>
    /// <param name="at">At or before the entry's place.</param>
    public void Enter(MemberClaim claim, LedgerPosition at)
    {
        if (claim.Queued) return;
        claim.Queued = true;
        _queue.Enqueue(new(claim, at, clock.Read().Micros));
    }

    /// <summary>Takes the oldest. Only the checkpointer does, under the claim's gate.</summary>
    public void Take()
    {
        if (_queue.TryDequeue(out Dirty? head)) head.Claim.Queued = false;
    }
}

/// <summary>A claim, a position at or before its first unsaved entry, and since when it waits on the monotonic clock.</summary>
internal sealed record Dirty(MemberClaim Claim, LedgerPosition At, long SinceMicros);
