using CoopGrid.Silo.Hosting;
using CoopGrid.Silo.Tests.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>A silo that cannot start, or cannot be closed, ends. Each was seen to wait without end where the time is not bounded.</summary>
public sealed class BoundedRunTests : IDisposable
{
    private static readonly TimeSpan Shutdown = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    private readonly StringWriter _told = new();

    [Fact]
    public async Task A_start_that_fails_is_told_though_closing_never_ends()
    {
        using IHost host = HostOf(new Part { Start = Task.FromException(new IOException("no database")), Close = Never });
        IOException failure = await Assert.ThrowsAsync<IOException>(() => Run(host, Short));
        Assert.Equal("no database", failure.Message);
        Assert.Contains("not closed within 1 s", _told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_failed_start_has_started_is_stopped_and_closed()
    {
        var part = new Part { Start = Task.FromException(new IOException("no database")) };
        using IHost host = HostOf(part);
        await Assert.ThrowsAsync<IOException>(() => Run(host, Until.Deadline));
        Assert.True(part.IsStopped);
        Assert.True(part.IsClosed);
        Assert.Empty(_told.ToString());
    }

    [Fact]
    public async Task A_start_that_is_told_to_stop_ends_though_it_does_not_heed_it()
    {
        var part = new Part { Start = Never };
        using IHost host = HostOf(part);
        await RunUntilStopped(host, part, Short);
        Assert.True(part.IsClosed);
        Assert.Contains("did not stop within 1.1 s", _told.ToString(), StringComparison.Ordinal);
    }

    /// <summary>A database that is gone lets a start fail long after the silo was told to stop, and a stop too. Seen to end with an unhandled exception.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_fails_once_a_silo_was_told_to_stop_is_told_and_is_a_stop(bool starts)
    {
        var gone = new TaskCompletionSource();
        var part = new Part { Start = starts ? Task.CompletedTask : gone.Task, Stop = starts ? gone.Task : Task.CompletedTask };
        using IHost host = HostOf(part, Until.Deadline);
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => gone.SetException(new IOException("no database")));
        await RunUntilStopped(host, part, Until.Deadline);
        Assert.True(part.IsClosed);
        Assert.Contains("no database", _told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_told_to_stop_ends_though_it_never_has_stopped()
    {
        var part = new Part { Stop = Never };
        using IHost host = HostOf(part);
        await RunUntilStopped(host, part, Short);
        Assert.True(part.IsClosed);
        Assert.Contains("did not stop within 1.1 s", _told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_stopped_ends_though_closing_never_ends()
    {
        var part = new Part { Close = Never };
        using IHost host = HostOf(part);
        await RunUntilStopped(host, part, Short);
        Assert.Contains("not closed within 1 s", _told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_stopped_is_closed_before_it_ends()
    {
        var part = new Part();
        using IHost host = HostOf(part);
        await RunUntilStopped(host, part, Until.Deadline);
        Assert.True(part.IsClosed);
        Assert.Empty(_told.ToString());
    }

    public void Dispose() => _told.Dispose();

    private static Task Never => new TaskCompletionSource().Task;

    private Task Run(IHost host, TimeSpan grace) => Task.Factory
        .StartNew(new BoundedRun(host, grace, _told).ToItsEnd, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
        .WaitAsync(Until.Deadline, TestContext.Current.CancellationToken);

    private async Task RunUntilStopped(IHost host, Part part, TimeSpan grace)
    {
        Task run = Run(host, grace);
        await part.Starts.Task.WaitAsync(Until.Deadline, TestContext.Current.CancellationToken);
        Assert.False(run.IsCompleted);
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await run;
    }

    private static IHost HostOf(Part part) => HostOf(part, Shutdown);

    private static IHost HostOf(Part part, TimeSpan shutdown)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton<IHostedService>(_ => part).Configure<HostOptions>(options => options.ShutdownTimeout = shutdown);
        return builder.Build();
    }

    /// <summary>What a silo is made of: its start and its closing take as long as a test says.</summary>
    private sealed class Part : IHostedService, IAsyncDisposable
    {
        public Task Start { get; init; } = Task.CompletedTask;

        public Task Stop { get; init; } = Task.CompletedTask;

        public Task Close { get; init; } = Task.CompletedTask;

        public TaskCompletionSource Starts { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsStopped { get; private set; }

        public bool IsClosed { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Starts.TrySetResult();
            return Start;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            IsStopped = true;
            return Stop;
        }

        public async ValueTask DisposeAsync()
        {
            await Close;
            IsClosed = true;
        }
    }
}
