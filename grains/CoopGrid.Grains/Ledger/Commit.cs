namespace CoopGrid.Grains.Ledger;

/// <summary>
/// The fate of one segment, shared by everything appended to it. However many wait for it, it holds one completion source.
/// </summary>
/// <param name="position">The segment's position in its producer's log, from 1.</param>
/// <param name="waiters">Where waiters go on; null = the thread pool.</param>
public sealed class Commit(long position, TaskScheduler? waiters = null)
{
    private readonly Lock _lock = new();
    private volatile TaskCompletionSource<bool> _attempt = NewAttempt();
    private volatile Fate _fate;

    private enum Fate
    {
        Pending,
        Committed,
        Abandoned,
    }

    /// <summary>The segment's position in its producer's log, from 1.</summary>
    public long Position { get; } = position;

    /// <summary>Whether the segment is durable.</summary>
    public bool IsCommitted => _fate == Fate.Committed;

    /// <summary>
    /// True once the segment is durable (L1). False means unknown for now: an attempt failed, hangs, or the producer is sealed. The
    /// segment is tried again at the same position, and who asks again waits for the next attempt.
    /// </summary>
    public ValueTask<bool> Committed() => _fate switch
    {
        Fate.Committed => new(true),
        Fate.Abandoned => new(false),
        _ => new(_attempt.Task),
    };

    /// <summary>The segment is durable.</summary>
    internal void Complete() => End(Fate.Committed);

    /// <summary>This process will not learn the segment's fate: whoever replays the log does.</summary>
    internal void Abandon() => End(Fate.Abandoned);

    /// <summary>An attempt failed: who waits learns that nothing is known, who asks from now on waits for the next attempt.</summary>
    internal void FailAttempt()
    {
        TaskCompletionSource<bool> failed;
        lock (_lock)
        {
            if (_fate != Fate.Pending) return;
            failed = _attempt;
            _attempt = NewAttempt();
        }

        Release(failed, false);
    }

    private void End(Fate fate)
    {
        lock (_lock)
        {
            if (_fate != Fate.Pending) return;
            _fate = fate;
        }

        Release(_attempt, fate == Fate.Committed);
    }

    // Waiters must not run on the ledger's thread. It wakes one thread of the pool, whose own queue takes them: waking one for each would
    // cost more than what each still has to do.
    private void Release(TaskCompletionSource<bool> attempt, bool durable)
    {
        if (waiters is null)
            ThreadPool.UnsafeQueueUserWorkItem(static state => state.attempt.SetResult(state.durable), (attempt, durable), preferLocal: false);
        else
            Task.Factory.StartNew(() => attempt.SetResult(durable), CancellationToken.None, TaskCreationOptions.None, waiters);
    }

    private static TaskCompletionSource<bool> NewAttempt() => new();
}
