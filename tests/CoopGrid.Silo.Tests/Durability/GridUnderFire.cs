using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Durability;

/// <summary>A grid with relays and meters that never pause, whose silo dies and is started again on the same folder.</summary>
internal sealed class GridUnderFire : IAsyncDisposable
{
    private const int Relays = 48;

    private readonly SiloFolder _folder = new(FireCharter.Json);
    private readonly Address _address = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly HomeMeter[] _meters;
    private readonly int _seed;
    private Task _load = Task.CompletedTask;
    private SiloProcess? _silo;

    public GridUnderFire(int seed)
    {
        _seed = seed;
        _meters = [.. Enumerable.Range(0, FireCharter.HomeNames.Length).Select(i => new HomeMeter(_address, History, seed, i))];

        // So small that checkpoints, key blocks and the deletion of segments go on all the time.
        _folder.Settings["CoopGrid__Checkpoints__MaxTailSegments"] = "40";
        _folder.Settings["CoopGrid__Checkpoints__MaxAgeMs"] = "400";
        _folder.Settings["CoopGrid__Checkpoints__LookEveryMs"] = "50";
        _folder.Settings["CoopGrid__Checkpoints__DeleteEveryMs"] = "50";
        _folder.Settings["CoopGrid__Checkpoints__ClassEveryMs"] = "300";
    }

    public History History { get; } = new();

    public SiloFolder Folder => _folder;

    /// <summary>The silo that lives now.</summary>
    public SiloProcess Silo => _silo ?? throw new InvalidOperationException("No silo lives.");

    /// <summary>Starts the next silo and lets the load at it as soon as it serves.</summary>
    public async Task StartAsync()
    {
        bool isFirst = _silo is null;
        _silo = await _folder.StartAsync();
        if (isFirst)
        {
            foreach (HomeMeter meter in _meters) await Register(meter);
            _load = Task.WhenAll(
                [.. Enumerable.Range(0, Relays).Select(i => new Relay(_address, History, _seed, i).Run(_stop.Token)), .. _meters.Select(meter => meter.Run(_stop.Token))]);
        }

        _address.Up(_silo.Clients);
    }

    /// <summary>Starts the next silo without waiting for it; the load does not see it.</summary>
    public SiloProcess Launch() => _silo = _folder.Launch();

    /// <summary>Waits until so many more answers were told.</summary>
    public async Task Answers(int more)
    {
        int wanted = History.Answers + more;
        await Until.True(
            () => Task.FromResult(History.Answers >= wanted || _load.IsFaulted || (Silo.HasExited ? throw new InvalidOperationException($"The silo ended by itself:\n{Silo.Log}") : false)),
            () => $"{wanted - History.Answers} answers; the silo wrote:\n{Silo.Log}");
        if (_load.IsFaulted) await _load;
    }

    public async Task KillAsync()
    {
        await Silo.KillAsync();
        _address.Down();
    }

    /// <summary>SIGTERM, and what it exits with.</summary>
    public async Task<int> TerminateAsync()
    {
        Silo.Terminate();
        int code = await Silo.ExitAsync();
        _address.Down();
        return code;
    }

    /// <summary>Ends the load and compares what callers were told with what the living silo says.</summary>
    public async Task CheckBooks()
    {
        await _stop.CancelAsync();
        await _load.ContinueWith(_ => true, TaskScheduler.Default).Soon("the end of the load");
        await _load;
        History.AssertNoFault("Under load");
        foreach (HomeMeter meter in _meters) Assert.True(meter.Reports > 0, $"No report of {meter.Home} was accepted.");
        await new Books(Silo.Clients, History, _meters).Check();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _folder.DisposeAsync();
        _stop.Dispose();
    }

    private async Task Register(HomeMeter meter)
    {
        var request = new Protocol.V1.RegisterMeterRequest { Coop = Charters.Coop, Member = meter.Home, Meter = meter.Meter };
        try
        {
            await Silo.Clients.Members.RegisterMeterAsync(request, cancellationToken: TestContext.Current.CancellationToken);
        }
        catch (RpcException failure)
        {
            Assert.Fail($"{failure.Message}; the silo wrote:\n{Silo.Log}");
        }
    }
}
