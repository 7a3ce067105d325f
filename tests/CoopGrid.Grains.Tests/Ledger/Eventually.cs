using Xunit;

namespace CoopGrid.Grains.Tests.Ledger;

/// <summary>Waits for what another thread is about to do.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public static async Task True(Func<bool> condition, string missing)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Deadline) throw new TimeoutException($"Still missing: {missing}");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public static Task<T> Soon<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Deadline, TestContext.Current.CancellationToken);

    public static Task Soon(this Task task) => task.WaitAsync(Deadline, TestContext.Current.CancellationToken);
}
