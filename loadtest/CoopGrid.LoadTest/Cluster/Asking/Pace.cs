namespace CoopGrid.LoadTest.Cluster.Asking;

/// <summary>A steady pace that waits for nobody: what a stall of this machine delayed is caught up with at once.</summary>
internal sealed class Pace(TimeProvider clock)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10);

    private readonly HashSet<Task> _underWay = [];
    private readonly Lock _lock = new();

    /// <summary>Starts <paramref name="deed"/> with 0, 1, 2 and so on until it is stopped or the number is reached, and returns when all that was started has ended.</summary>
    public async Task RunAsync(double perSecond, long most, Func<long, Task> deed, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        using var timer = new PeriodicTimer(Beat, clock);
        try
        {
            for (long number = 0; number < most && await timer.WaitForNextTickAsync(stop);)
            {
                long due = Math.Min(most, (long)(clock.GetElapsedTime(started).TotalSeconds * perSecond));
                for (; number < due; number++) Keep(deed(number));
            }
        }
        catch (OperationCanceledException)
        {
        }

        Task[] last;
        lock (_lock) last = [.. _underWay];
        await Task.WhenAll(last);
    }

    private void Keep(Task deed)
    {
        if (deed.IsCompletedSuccessfully) return;
        lock (_lock) _underWay.Add(deed);
        _ = deed.ContinueWith(
            ended =>
            {
                // One that failed is kept, so that the failure is seen in the end.
                if (!ended.IsCompletedSuccessfully) return;
                lock (_lock) _underWay.Remove(ended);
            },
            TaskScheduler.Default);
    }
}
