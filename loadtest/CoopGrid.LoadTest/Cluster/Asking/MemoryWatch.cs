namespace CoopGrid.LoadTest.Cluster.Asking;

/// <summary>Looks at processes' resident memory four times a second.</summary>
internal sealed class MemoryWatch(IReadOnlyList<int> processes, TimeProvider clock)
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    private readonly long[] _highest = new long[processes.Count];
    private readonly Lock _lock = new();

    /// <summary>What each process has now.</summary>
    public IReadOnlyList<long> Now => [.. processes.Select(ProcessTable.ResidentBytes)];

    /// <summary>The most that each had since this was taken last.</summary>
    public IReadOnlyList<long> TakeHighest()
    {
        lock (_lock)
        {
            long[] highest = [.. _highest];
            Array.Clear(_highest);
            return highest;
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            do
            {
                IReadOnlyList<long> now = Now;
                lock (_lock)
                {
                    for (int i = 0; i < now.Count; i++) _highest[i] = Math.Max(_highest[i], now[i]);
                }
            }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
        }
    }
}
