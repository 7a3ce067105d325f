using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>Silos as processes whose wall clocks are stepped together, on either store; some are killed, others come.</summary>
internal sealed class MonthGrid : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly SiloFolder _folder = new(MonthCharter.Json) { Program = "CoopGrid.SteppedSilo" };
    private readonly List<SiloProcess> _all = [];
    private readonly StepClock _clock;
    private volatile SiloProcess[] _living = [];

    /// <param name="connectionString">Of PostgreSQL; null = SQLite.</param>
    public MonthGrid(string? connectionString)
    {
        _clock = new(_folder);
        _folder.Settings["CoopGrid__Ledger__KeepDays"] = "366";

        // So small that checkpoints are written and segments let go all the time.
        _folder.Settings["CoopGrid__Checkpoints__MaxTailSegments"] = "40";
        _folder.Settings["CoopGrid__Checkpoints__MaxAgeMs"] = "400";
        _folder.Settings["CoopGrid__Checkpoints__LookEveryMs"] = "50";
        _folder.Settings["CoopGrid__Checkpoints__DeleteEveryMs"] = "50";
        _folder.Settings["CoopGrid__Checkpoints__ClassEveryMs"] = "300";
        if (connectionString is null) return;
        _folder.Settings["CoopGrid__Storage"] = "postgres";
        _folder.Settings["CoopGrid__ConnectionString"] = connectionString;
    }

    public SiloFolder Folder => _folder;

    /// <summary>The silos' wall clock.</summary>
    public DateTimeOffset Now => _clock.Now;

    /// <summary>All that was written by all silos.</summary>
    public string Log => string.Join('\n', _all.Select(silo => silo.Log));

    public async Task StartAsync(int silos)
    {
        SiloProcess[] started = [.. Enumerable.Range(0, silos).Select(_ => _folder.Launch())];
        _all.AddRange(started);
        foreach (SiloProcess silo in started) await silo.Serving();
        _living = [.. _living, .. started];
    }

    /// <summary>SIGKILL to the silo that lives longest.</summary>
    public async Task KillAsync()
    {
        SiloProcess oldest = _living[0];
        _living = _living[1..];
        await oldest.KillAsync();
    }

    /// <summary>Moves the wall clocks of all silos on.</summary>
    public void Step(TimeSpan by) => _clock.Step(by);

    /// <summary>A silo that lives, once there is one.</summary>
    public async Task<SiloClients> DoorAsync(Random random, CancellationToken stop)
    {
        while (true)
        {
            if (_living is { Length: > 0 } living) return living[random.Next(living.Length)].Clients;
            await Task.Delay(Pause, TimeProvider.System, stop);
        }
    }

    /// <summary>Asks one silo after another until an answer is known: what is asked must be harmless to repeat.</summary>
    public async Task<T> Answered<T>(string what, Func<SiloClients, Task<T>> ask)
    {
        T answer = default!;
        string last = "";
        var random = new Random(1);
        await Until.True(
            async () =>
            {
                SiloClients door = await DoorAsync(random, TestContext.Current.CancellationToken);
                try
                {
                    answer = await ask(door);
                    return true;
                }
                catch (RpcException unknown) when (Durability.Relay.IsUnknown(unknown))
                {
                    last = unknown.Message;
                    return false;
                }
            },
            () => $"{what}; last was {last}; the silos wrote:\n{Log}");
        return answer;
    }

    public ValueTask DisposeAsync() => _folder.DisposeAsync();
}
