using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace CoopGrid.Silo.Hosting;

/// <summary>
/// Runs a host so that its process ends, whatever does not: a start that is told to stop, a stop, and closing each get a time. Nothing that is left
/// behind is needed, for what was answered is on disk (L1).
/// </summary>
/// <param name="host">What is run, and disposed of.</param>
/// <param name="grace">How long closing may take, and how long a stop may take beyond the host's own <see cref="HostOptions.ShutdownTimeout"/>.</param>
/// <param name="told">Where it is said that something was left behind.</param>
internal sealed class BoundedRun(IHost host, TimeSpan grace, TextWriter told)
{
    private readonly TimeSpan _stop = host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout + grace;
    private readonly CancellationToken _stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
    private volatile bool _started;

    /// <summary>Starts the host, waits until it is told to stop, stops it and closes it. The caller's thread keeps the time itself: parts of Orleans whose start
    /// failed run in circles, on two processors until the thread pool has no thread for a timer (10.4.2, with the distributed directory).</summary>
    /// <returns>When it is closed or left behind; threads of it may still run then, so the process is to be ended by <see cref="Environment.Exit"/>.</returns>
    /// <exception cref="Exception">What the start failed with. Once the host was told to stop nothing is thrown: a failure is told.</exception>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a part fails with when it is told to stop, it is a stop.")]
    public void ToItsEnd()
    {
        try
        {
            Task run = Task.Run(RunAsync, CancellationToken.None);
            if (!HasEnded(run)) told.WriteLine($"The silo did not stop within {_stop.TotalSeconds:0.#} s; it is left as it is.");
            else run.GetAwaiter().GetResult();
        }
        catch (Exception failure) when (_stopping.IsCancellationRequested)
        {
            if (failure is not OperationCanceledException) told.WriteLine($"A part of the silo failed while it was told to stop: {StartFailure.Explain(failure) ?? failure.Message}");
        }
        finally
        {
            Close();
        }
    }

    private bool HasEnded(Task run)
    {
        try
        {
            run.Wait(_stopping);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return Task.WaitAny([run], _stop) == 0;
        }
        catch (AggregateException)
        {
            // What it failed with is the caller's to look at.
        }

        return true;
    }

    private async Task RunAsync()
    {
        await host.StartAsync(CancellationToken.None);
        _started = true;
        await host.WaitForShutdownAsync(CancellationToken.None);
    }

    private void Close()
    {
        Task closing = Task.Run(_started ? DisposeAsync : StopAndDisposeAsync, CancellationToken.None);
        if (Task.WaitAny([closing], grace) < 0) told.WriteLine($"What the silo had opened was not closed within {grace.TotalSeconds:0.#} s; the process ends without it.");
        else closing.GetAwaiter().GetResult();
    }

    /// <summary>A start that failed has parts that run, and a silo that its cluster may know already.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "What the start failed with is told; what did not start need not be able to stop.")]
    private async Task StopAndDisposeAsync()
    {
        try
        {
            await host.StopAsync(CancellationToken.None);
        }
        catch (Exception)
        {
            // As above.
        }

        await DisposeAsync();
    }

    private async Task DisposeAsync()
    {
        if (host is IAsyncDisposable all) await all.DisposeAsync();
        else host.Dispose();
    }
}
