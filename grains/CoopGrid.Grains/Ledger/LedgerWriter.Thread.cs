using System.Diagnostics.CodeAnalysis;

namespace CoopGrid.Grains.Ledger;

/// <content>What the ledger's own thread does.</content>
public sealed partial class LedgerWriter
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private bool _hasWriting;
    private Segment? _segment;
    private int _attempts;
    private TimeSpan _gather;

    /// <summary>What the ledger's thread has to wait for.</summary>
    internal enum NextStep
    {
        /// <summary>Something that is gathered.</summary>
        Gather,

        /// <summary>The time after a failed attempt.</summary>
        WaitToRetry,

        /// <summary>Nothing: it is sealed or closed.</summary>
        Ended,
    }

    /// <summary>Whether a step would find something that is gathered.</summary>
    internal bool HasGathered
    {
        get
        {
            lock (_lock) return _gathering.Count > 0;
        }
    }

    private TimeSpan StallAfter => TimeSpan.FromMilliseconds(_options.StallAfterMs);

    /// <summary>
    /// Does what can be done now without waiting: one attempt to commit what is being written, or else what is gathered.
    /// </summary>
    /// <returns>What must come before the next step.</returns>
    internal NextStep Step()
    {
        if (!_hasWriting && !TakeGathered()) return _closing ? NextStep.Ended : NextStep.Gather;
        _segment ??= _writing.Close(Producer, _writingCommit!.Position);
        switch (Attempt(_segment, ++_attempts))
        {
            case CommitResult.Committed:
                Publish(_segment);
                _writing.Clear();
                (_hasWriting, _segment, _attempts) = (false, null, 0);
                return NextStep.Gather;
            case CommitResult.Sealed:
                LogSealed(Producer, _segment.Position);
                Seal();
                return NextStep.Ended;
            default:
                return _closing ? NextStep.Ended : NextStep.WaitToRetry;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever ends the thread must release the waiters and stop the process.")]
    private void Run()
    {
        try
        {
            for (var next = NextStep.Gather; next != NextStep.Ended; next = Step())
            {
                if (next == NextStep.WaitToRetry) WaitToRetry(_attempts);
                else WaitForGathered();
            }
        }
        catch (Exception failure)
        {
            LogEnded(failure, Producer);
            Seal();
        }
        finally
        {
            Abandon();
            _ended.SetResult();
        }
    }

    /// <summary>Waits until enough is gathered, or something for long enough, or the ledger closes.</summary>
    private void WaitForGathered()
    {
        int enough = _enough;
        while (true)
        {
            lock (_lock)
            {
                if (_gathering.Count >= enough || _closing) return;
                _wakeAt = enough;
            }

            if (!_wake.WaitOne(enough > 1 ? _gather : Timeout.InfiniteTimeSpan)) enough = 1;
        }
    }

    /// <summary>Takes what is gathered; false if that is nothing.</summary>
    private bool TakeGathered()
    {
        lock (_lock)
        {
            int gathered = _gathering.Count;
            if (gathered == 0) return false;
            _enough = _options.EnoughAfter(gathered);
            (_gathering, _writing) = (_writing, _gathering);
            _writingCommit = _gatheringCommit;
            _gatheringCommit = new(_writingCommit.Position + 1, Stepped);
            return _hasWriting = true;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Any failure of the store is an unknown outcome.")]
    private CommitResult? Attempt(Segment segment, int attempt)
    {
        BeginWatch();
        try
        {
            CommitResult result = _store.Commit(segment);
            _gather = _options.GatherAfter(_clock.GetElapsedTime(_attemptStarted));
            EndWatch();
            if (result == CommitResult.Committed) Volatile.Write(ref _openAt, _attemptStarted);
            return result;
        }
        catch (Exception failure)
        {
            LogFailed(failure, Producer, segment.Position, attempt);
            lock (_lock) Stall();
            FailAttempts();
            return null;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A faulty observer must not stop the log.")]
    private void Publish(Segment segment)
    {
        foreach (ICommitObserver observer in _observers)
        {
            try
            {
                observer.OnCommitted(segment.Position, segment.Deltas, segment.Marks);
            }
            catch (Exception failure)
            {
                LogObserverFailed(failure, Producer, segment.Position);
            }
        }

        Volatile.Write(ref _committed, segment.Position);
        bool recovered;
        lock (_lock)
        {
            recovered = _stalled;
            _stalled = false;
            _accepting = !_closing;
        }

        _writingCommit!.Complete();
        if (recovered) LogRecovered(Producer, segment.Position);
    }

    private void WaitToRetry(int attempt)
    {
        long wait = Math.Min(_options.LongestRetryMs, (long)_options.FirstRetryMs << Math.Min(attempt - 1, 16));
        using ITimer timer = _clock.CreateTimer(_ => _wake.Set(), null, TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
        _wake.WaitOne();
    }

    /// <summary>
    /// An attempt is watched from its start. Once nothing is decided any more, the watch goes on through attempts and the pauses between them until
    /// one succeeds: who asks again is not kept for longer either.
    /// </summary>
    private void BeginWatch()
    {
        lock (_lock)
        {
            (_attempting, _attemptStarted) = (true, _clock.GetTimestamp());
            if (!_stalled) _watch.Change(StallAfter, StallAfter);
        }
    }

    private void EndWatch()
    {
        lock (_lock)
        {
            _attempting = false;
            _watch.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnWatch()
    {
        bool first;
        lock (_lock)
        {
            first = !_stalled;
            if (first && !Hangs()) return;
            Stall();
        }

        FailAttempts();
        if (first) LogHangs(Producer, _writingCommit!.Position);
    }

    /// <summary>
    /// Whether the attempt under way has used its time up. A timer that fires late may meet a commit that is done, and then nothing would ever end
    /// the stall, or the next attempt; one that fires a little early looks again, and not a whole period later.
    /// </summary>
    private bool Hangs()
    {
        if (!_attempting) return false;
        TimeSpan left = StallAfter - _clock.GetElapsedTime(_attemptStarted);
        if (left <= TimeSpan.Zero) return true;
        _watch.Change(left < Moment ? Moment : left, StallAfter);
        return false;
    }

    /// <summary>Nothing is accepted until a commit succeeds (L7).</summary>
    private void Stall() => (_stalled, _accepting) = (true, false);

    /// <summary>Nobody waits for what may take long.</summary>
    private void FailAttempts()
    {
        Commit? writing, gathering;
        lock (_lock) (writing, gathering) = (_writingCommit, _gatheringCommit);
        writing?.FailAttempt();
        gathering.FailAttempt();
    }

    private void Seal()
    {
        Abandon();
        _sealed.TrySetResult();
    }

    private void Abandon()
    {
        lock (_lock)
        {
            _accepting = false;
            _closing = true;
        }

        _writingCommit?.Abandon();
        _gatheringCommit.Abandon();
    }
}
