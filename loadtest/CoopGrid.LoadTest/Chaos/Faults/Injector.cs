using System.Collections.Concurrent;
using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Cluster.Links;

namespace CoopGrid.LoadTest.Chaos.Faults;

/// <summary>Makes the faults of a schedule happen, and mends everything at the end.</summary>
internal sealed class Injector(Scene scene, TimeProvider clock, Action<string> tell)
{
    /// <summary>After SIGTERM a silo drains; one that hangs is killed, which is told.</summary>
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan SealPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<FaultKind, int> _done = [];
    private readonly ConcurrentQueue<string> _troubles = [];
    // The last one is the database's.
    private readonly SemaphoreSlim[] _places = [.. Enumerable.Range(0, scene.Places + 1).Select(_ => new SemaphoreSlim(1))];
    private int _kills;
    private int _endedAlone;

    /// <summary>Faults that happened.</summary>
    public IReadOnlyDictionary<FaultKind, int> Done => _done;

    /// <summary>Processes that were ended by SIGKILL, silos and postmasters; without those that the end of the run ends.</summary>
    public int Kills => _kills;

    /// <summary>Silos that ended by themselves and were replaced, such as those that found themselves declared dead.</summary>
    public int EndedAlone => _endedAlone;

    /// <summary>What silos did that they should not: not starting, not draining, ending by themselves.</summary>
    public IReadOnlyCollection<string> Troubles => _troubles;

    /// <summary>Begins each fault at its time; returns when the last is over.</summary>
    public async Task RunAsync(IReadOnlyList<Fault> faults, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task keeping = KeepAsync(over.Token);
        var running = new List<Task>();
        foreach (Fault fault in faults)
        {
            TimeSpan wait = TimeSpan.FromMilliseconds(fault.AtMs) - clock.GetElapsedTime(started);
            if (wait > TimeSpan.Zero) await Task.Delay(wait, clock, stop);
            tell($"  {fault}");
            running.Add(MakeAsync(fault, stop));
        }

        await Task.WhenAll(running);
        await over.CancelAsync();
        await keeping;
    }

    /// <summary>All links open, all clocks right, the database up, and a silo that serves at every place that is meant to have one.</summary>
    public async Task MendAsync(CancellationToken stop)
    {
        scene.Links?.OpenAll();
        for (int place = 0; place < scene.Places; place++) scene.Clocks.Set(place, 0);
        if (scene.Database is { IsRunning: false } database) await database.StartAsync(stop);
        foreach (ClusterSilo silo in scene.Cluster.Living) silo.Send(Signal.Continue);
        for (int place = 0; place < scene.Silos; place++) await ReplaceAsync(place, stop);
    }

    /// <summary>Replaces silos that ended by themselves where no fault is under way, as an operator's supervisor does.</summary>
    private async Task KeepAsync(CancellationToken over)
    {
        try
        {
            while (true)
            {
                await Task.Delay(LookEvery, clock, over);
                for (int place = 0; place < scene.Silos; place++)
                {
                    if (!scene.Cluster.At(place).HasExited || !await _places[place].WaitAsync(0, over)) continue;
                    using var alone = new Release(_places[place]);
                    Interlocked.Increment(ref _endedAlone);
                    await ReplaceAsync(place, over);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end mends what is left.
        }
    }

    private async Task MakeAsync(Fault fault, CancellationToken stop)
    {
        try
        {
            if (fault.Kind is FaultKind.Roll) await RollAsync(stop);
            else if (fault.Kind is FaultKind.Join) await JoinAsync(fault, stop);
            else if (scene.Database is { } database && fault.Kind is FaultKind.DatabaseRestart or FaultKind.DatabaseCrash or FaultKind.DatabaseKill) await TakeDownAsync(database, fault, stop);
            else if (fault.Kind is FaultKind.StepClock) scene.Clocks.Set(fault.Silo, fault.StepMs);
            else if (fault.Other >= 0 || fault.Kind is FaultKind.CutDatabase or FaultKind.SilenceDatabase) await BreakAsync(fault, stop);
            else await AtSiloAsync(fault, stop);
            _done.AddOrUpdate(fault.Kind, 1, (_, count) => count + 1);
        }
        catch (Exception error) when (error is InvalidOperationException or IOException or TimeoutException)
        {
            Trouble($"{fault}: {error.Message}");
        }
    }

    private async Task AtSiloAsync(Fault fault, CancellationToken stop)
    {
        using IDisposable place = await AloneAsync(_places[fault.Silo], stop);
        ClusterSilo silo = scene.Cluster.At(fault.Silo);
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                await KillAsync(silo);
                await WaitAsync(fault, stop);
                break;
            case FaultKind.Drain:
                await DrainAsync(silo);
                await WaitAsync(fault, stop);
                break;
            default:
                silo.Send(Signal.Stop);
                await WaitAsync(fault, stop);
                silo.Send(Signal.Continue);
                if (fault.Kind == FaultKind.Freeze) await EndedAsync(silo, stop);
                break;
        }

        await ReplaceAsync(fault.Silo, stop);
    }

    private async Task RollAsync(CancellationToken stop)
    {
        for (int place = 0; place < scene.Silos; place++)
        {
            using IDisposable alone = await AloneAsync(_places[place], stop);
            await DrainAsync(scene.Cluster.At(place));
            await ReplaceAsync(place, stop);
        }
    }

    /// <summary>The place after the last is the guest's.</summary>
    private async Task JoinAsync(Fault fault, CancellationToken stop)
    {
        ClusterSilo guest = await StartedAsync(scene.Silos, stop);
        await WaitAsync(fault, stop);
        await DrainAsync(guest);
    }

    private async Task TakeDownAsync(PrivatePostgres database, Fault fault, CancellationToken stop)
    {
        // On a busy machine it may come back later than the schedule supposes.
        using IDisposable alone = await AloneAsync(_places[^1], stop);
        long started = clock.GetTimestamp();
        if (fault.Kind == FaultKind.DatabaseKill)
        {
            Interlocked.Increment(ref _kills);
            await database.KillAsync(stop);
        }
        else
        {
            await database.StopAsync(fault.Kind == FaultKind.DatabaseCrash ? PostgresShutdown.Immediate : PostgresShutdown.Fast, stop);
        }

        await WaitAsync(fault, stop);
        await database.StartAsync(stop);
        tell($"  PostgreSQL was away for {clock.GetElapsedTime(started).TotalSeconds:F1} s");
    }

    private async Task BreakAsync(Fault fault, CancellationToken stop)
    {
        LinkState state = fault.Kind is FaultKind.CutDatabase or FaultKind.CutSilos ? LinkState.Cut : LinkState.Silent;
        scene.Links!.Set(fault.Silo, fault.Other, state);
        await WaitAsync(fault, stop);
        scene.Links!.Set(fault.Silo, fault.Other, LinkState.Open);
    }

    /// <summary>A silo that was declared dead must end by itself once it can look; one that was not may go on.</summary>
    private async Task EndedAsync(ClusterSilo silo, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        while (!silo.HasExited && clock.GetElapsedTime(started) < SealPatience) await Task.Delay(LookEvery, clock, stop);
    }

    private async Task KillAsync(ClusterSilo silo)
    {
        if (!silo.Send(Signal.Kill))
        {
            tell($"  silo {silo.Place} had ended by itself before it was to be killed");
            return;
        }

        Interlocked.Increment(ref _kills);
        await silo.ExitAsync(DrainPatience);
    }

    private async Task DrainAsync(ClusterSilo silo)
    {
        if (!silo.Send(Signal.Terminate)) return;
        try
        {
            await silo.ExitAsync(DrainPatience);
        }
        catch (TimeoutException)
        {
            Trouble($"Silo {silo.Place} does not end {DrainPatience.TotalSeconds:F0} s after SIGTERM:\n{silo.LogTail()}");
            await KillAsync(silo);
        }
    }

    /// <summary>Sees that a silo serves at a place, and starts one if the last has ended.</summary>
    private async Task ReplaceAsync(int place, CancellationToken stop)
    {
        if (scene.Cluster.At(place).HasExited) await StartedAsync(place, stop);
    }

    /// <summary>Starts a silo at a place; while the database is away a start fails, and is tried again.</summary>
    private async Task<ClusterSilo> StartedAsync(int place, CancellationToken stop)
    {
        long started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await scene.Cluster.StartAtAsync(place, stop);
            }
            catch (InvalidOperationException) when (!stop.IsCancellationRequested && clock.GetElapsedTime(started) < StartPatience)
            {
                await Task.Delay(LookEvery, clock, stop);
            }
        }
    }

    private Task WaitAsync(Fault fault, CancellationToken stop) => Task.Delay(TimeSpan.FromMilliseconds(fault.ForMs), clock, stop);

    private void Trouble(string what)
    {
        _troubles.Enqueue(what);
        tell($"  TROUBLE {what}");
    }

    private static async Task<IDisposable> AloneAsync(SemaphoreSlim place, CancellationToken stop)
    {
        await place.WaitAsync(stop);
        return new Release(place);
    }

    private sealed class Release(SemaphoreSlim held) : IDisposable
    {
        public void Dispose() => held.Release();
    }
}
