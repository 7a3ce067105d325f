using System.Diagnostics;
using Microsoft.Extensions.Options;

namespace CoopGrid.Silo.Hosting;

/// <summary>
/// Plays a bursty day against this silo: starts the load test's relay as a process of its own, which speaks gRPC like any other and
/// draws the live view. The silo stays up when the day is over.
/// </summary>
internal sealed partial class Demonstration(
    IOptions<GridSettings> settings, IHostApplicationLifetime lifetime, ILogger<Demonstration> logger) : BackgroundService
{
    /// <summary>The command line's switch for it.</summary>
    public const string Flag = "--demo";

    /// <summary>The relay as it was built beside this silo.</summary>
    /// <exception cref="DemonstrationException">It is not there: this silo was published without it.</exception>
    public static string RelayPath()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        string path = Path.GetFullPath(Path.Combine(here.FullName, "..", "..", "CoopGrid.LoadTest", here.Name, "CoopGrid.LoadTest.dll"));
        return File.Exists(path) ? path : throw new DemonstrationException($"{Flag} needs the load test beside the silo: there is no {path}.");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);

        string address = $"http://127.0.0.1:{settings.Value.Grpc.Port}";
        using Process relay = Process.Start("dotnet", [RelayPath(), "day", "--address", address]);
        try
        {
            await relay.WaitForExitAsync(stoppingToken);
            if (relay.ExitCode == 0) LogOver(address);
            else LogFailed(relay.ExitCode);
        }
        finally
        {
            if (!relay.HasExited) relay.Kill();
        }
    }

    [LoggerMessage(LogLevel.Information, "The day is over. The grid stays up at {Address} for your own calls; Ctrl-C ends it.")]
    private partial void LogOver(string address);

    [LoggerMessage(LogLevel.Warning, "The relay ended with {ExitCode}; the grid stays up.")]
    private partial void LogFailed(int exitCode);
}

/// <summary>The demonstration cannot be given.</summary>
internal sealed class DemonstrationException(string reason) : Exception(reason);

/// <summary>Adds the demonstration to a host.</summary>
internal static class DemonstrationHosting
{
    /// <summary>Has the day played once the host takes calls, and keeps the log out of its live view.</summary>
    public static void AddDemonstration(this WebApplicationBuilder builder)
    {
        Demonstration.RelayPath();
        builder.Logging.AddFilter("CoopGrid", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Error);
        builder.Logging.AddFilter("Orleans", LogLevel.Error);
        builder.Logging.AddFilter(typeof(Demonstration).FullName, LogLevel.Information);
        builder.Services.AddHostedService<Demonstration>();
    }
}
