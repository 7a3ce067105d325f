namespace CoopGrid.LoadTest.Cluster.Asking;

/// <summary>For how long this program itself did not run at a time, by a timer that should fire every 10 ms: on a machine that is too busy, the callers' times mean less.</summary>
internal sealed class StallWatch(TimeProvider clock)
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10);

    private readonly Lock _lock = new();
    private TimeSpan _longest;

    /// <summary>The longest gap between two beats since this was taken last, in ms.</summary>
    public double TakeLongestMs()
    {
        lock (_lock)
        {
            double longest = Math.Round(_longest.TotalMilliseconds);
            _longest = TimeSpan.Zero;
            return longest;
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Beat, clock);
        long before = clock.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                long now = clock.GetTimestamp();
                TimeSpan gap = clock.GetElapsedTime(before, now);
                before = now;
                lock (_lock)
                {
                    if (gap > _longest) _longest = gap;
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}
