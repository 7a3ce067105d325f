using CoopGrid.LoadTest.Ratio;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>The ports of one place in a cluster: whoever takes the place after a silo has its ports again, as on a machine of its own.</summary>
internal sealed record SiloPorts(int Grpc, int Http, int Silo, int Gateway)
{
    public static SiloPorts Free() => new(FreePorts.Next(), FreePorts.Next(), FreePorts.Next(), FreePorts.Next());

    public Uri GrpcAddress => new($"http://127.0.0.1:{Grpc}");
}

/// <summary>One life of a silo in a cluster: a process of its own.</summary>
internal sealed class ClusterSilo(int place, SiloPorts ports, Child process) : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    /// <summary>Which place it has, from 0.</summary>
    public int Place => place;

    public SiloPorts Ports => ports;

    public int ProcessId => process.Id;

    public string LogPath => process.LogPath;

    public bool HasExited => process.HasExited;

    /// <summary>Whether it is stopped by SIGSTOP.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Processor time since its start; zero if it has ended.</summary>
    public TimeSpan ProcessorTime => ProcessTable.FamilyTime(process.Id);

    /// <summary>What of it went into compiling, at the least.</summary>
    public TimeSpan CompilerTime => ProcessTable.CompilerTime(process.Id);

    /// <summary>Waits until it says that it serves.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not serve in time; the message holds the end of its log.</exception>
    public async Task ServingAsync(TimeSpan patience, CancellationToken stop = default)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!await IsServingAsync(stop))
        {
            if (HasExited) throw new InvalidOperationException($"Silo {place} ended at its start:\n{LogTail()}");
            if (TimeProvider.System.GetElapsedTime(started) > patience) throw new InvalidOperationException($"Silo {place} does not serve after {patience.TotalSeconds:F0} s:\n{LogTail()}");
            await Task.Delay(LookEvery, TimeProvider.System, stop);
        }
    }

    /// <summary>Whether it says now that it serves.</summary>
    public async Task<bool> IsServingAsync(CancellationToken stop = default)
    {
        if (HasExited || IsFrozen) return false;
        try
        {
            using HttpResponseMessage reply = await Http.GetAsync(new Uri($"http://127.0.0.1:{ports.Http}/health"), stop);
            return reply.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !stop.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <returns>False if it has ended already.</returns>
    public bool Send(Signal signal)
    {
        if (HasExited) return false;
        IsFrozen = signal == Signal.Stop || (IsFrozen && signal != Signal.Continue);
        return Signals.Send(process.Id, signal);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="TimeoutException">It lives on.</exception>
    public Task<int> ExitAsync(TimeSpan patience) => process.ExitAsync(patience);

    public ValueTask DisposeAsync() => process.DisposeAsync();

    /// <summary>The last lines that it wrote.</summary>
    public string LogTail(int lines = 20)
    {
        using var log = new StreamReader(new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return string.Join('\n', log.ReadToEnd().Split('\n').TakeLast(lines));
    }
}
