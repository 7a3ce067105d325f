namespace CoopGrid.LoadTest.Cluster.Asking;

/// <summary>The time of a run, which begins with this object.</summary>
internal sealed class RunClock(TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();

    public TimeProvider Time => time;

    /// <summary>Milliseconds since the run began.</summary>
    public double NowMs => time.GetElapsedTime(_started).TotalMilliseconds;
}
