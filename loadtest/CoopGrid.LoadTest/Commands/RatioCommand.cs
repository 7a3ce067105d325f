using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.LoadTest.Ratio;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Schedule;
using Grpc.Core;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>ratio</c>: durable unary admission against a bare gRPC echo, as a ratio in one run.</summary>
internal sealed class RatioCommand
{
    private const string What =
        """
        Durable unary admission against a bare gRPC echo, in alternating pairs.

        Both are asked with the same bytes by the same closed loop over loopback, --connections × --streams calls in flight, and read and write the same
        messages. The echo answers at once; the grid when its decision is in its ledger. With --silo both are children of this process, with the
        server's garbage collector and the same HTTP/2 limits, and the processor time of each per call is told: it depends less than rates
        on what else the machine does.
        """;

    private readonly WireSettings _wire = new();
    private readonly Option<string> _address = new("--address", "-a") { Description = "The silo to measure, on this machine; or use --silo.", DefaultValueFactory = _ => CoopGridOptions.DefaultAddress.ToString() };
    private readonly Option<string> _silo = new("--silo") { Description = "Start this silo (its dll) with a new data folder, and end it afterwards." };
    private readonly Option<string> _charter = new("--charter") { Description = "With --silo: the founding charter; its class should have room for all that can be asked." };
    private readonly Option<int> _pairs = new("--pairs") { Description = "How many pairs, in alternating order.", DefaultValueFactory = _ => 5 };
    private readonly Option<string> _out = new("--out") { Description = "The result file; default: loadtest-results/ratio-<time>.json." };

    public Command Build()
    {
        var command = new Command("ratio", What) { _address, _silo, _charter, _pairs, _out };
        _wire.AddTo(command);
        command.SetAction((parsed, stop) => Guard.RunAsync(() => RunAsync(parsed, stop)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        string folder = Directory.CreateTempSubdirectory("coopgrid-ratio-").FullName;
        try
        {
            await using Child echo = Child.Start(typeof(RatioCommand).Assembly.Location, ["echo", "--port", "0"], Settings([]), Path.Combine(folder, "echo.log"));
            await using Child? silo = parsed.GetValue(_silo) is { } dll
                ? SiloChild.Start(dll, parsed.GetValue(_charter), folder, Settings([]), out _siloPort)
                : null;
            Uri address = silo is null ? new Uri(parsed.GetValue(_address)!) : new Uri($"http://127.0.0.1:{_siloPort}");
            await PrepareAsync(parsed, address, silo, stop);
            int echoPort = await echo.PortAsync(TimeSpan.FromSeconds(30));
            var bare = new RatioServer(echoPort, () => echo.ProcessorTime);
            var grid = new RatioServer(address.Port, silo is null ? null : () => silo.ProcessorTime);
            IReadOnlyList<RatioPair> pairs = await Task.Run(() => Measure(parsed, bare, grid), stop);
            return End(parsed, pairs, startedAt);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private int _siloPort;

    private IReadOnlyList<RatioPair> Measure(ParseResult parsed, RatioServer echo, RatioServer grid) =>
        new RatioRun(_wire.Read(parsed, grid.Port), echo, grid, TimeProvider.System).Run(parsed.GetValue(_pairs), (number, pair) =>
        {
            Console.Out.WriteLine($"pair {number + 1}: ratio {pair.Ratio:F3}");
            WireCommand.Tell("echo", pair.Echo, pair.Echo.PerSecond);
            WireCommand.Tell("grid", pair.Grid, pair.Grid.PerSecond);
        });

    /// <summary>Waits until the grid answers, and enrols the members.</summary>
    private async Task PrepareAsync(ParseResult parsed, Uri address, Child? silo, CancellationToken stop)
    {
        string coop = parsed.GetValue(_wire.Coop)!, name = parsed.GetValue(_wire.Class)!;
        using var client = new CoopGridClient(new CoopGridOptions { Addresses = [address], Deadline = TimeSpan.FromSeconds(60) });
        try
        {
            await client.Classes.GetStateAsync(coop, name, stop);
        }
        catch (RpcException) when (silo is not null)
        {
            throw new InvalidOperationException($"The silo did not come up:\n{await File.ReadAllTextAsync(silo.LogPath, stop)}");
        }

        await Enrolment.EnrolAsync(client, coop, name, Workload.Names(WireSettings.MemberPrefix, parsed.GetValue(_wire.Members)), stop);
    }

    /// <summary>The silo runs with the server's garbage collector; so does the echo.</summary>
    private static Dictionary<string, string> Settings(Dictionary<string, string> more) => new(more) { ["DOTNET_gcServer"] = "1" };

    private int End(ParseResult parsed, IReadOnlyList<RatioPair> pairs, DateTimeOffset startedAt)
    {
        var result = new RatioResult
        {
            Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
            StartedAt = startedAt.ToString("O"),
            Machine = Machine.Here,
            Connections = parsed.GetValue(_wire.Connections),
            Streams = parsed.GetValue(_wire.Streams),
            Members = parsed.GetValue(_wire.Members),
            SecondsEach = parsed.GetValue(_wire.Seconds),
            Pairs = pairs,
        };
        string path = parsed.GetValue(_out) ?? Path.Combine("loadtest-results", $"ratio-{startedAt:yyyyMMdd-HHmmss}.json");
        JsonFile.Write(path, result);
        Console.Out.WriteLine($"median: echo {result.EchoMedian:F0}/s, grid {result.GridMedian:F0} durable admissions/s, ratio {result.Ratio:F3}");
        if (result.EchoCpuMedian is { } echoCpu)
            Console.Out.WriteLine($"median processor time a call: echo {echoCpu:F1} µs, grid {(result.GridCpuMedian is { } gridCpu ? $"{gridCpu:F1} µs" : "not known (use --silo)")}");
        Console.Out.WriteLine($"result: {path}");
        bool sound = pairs.All(pair => pair.Grid.Failed == 0 && pair.Echo.Failed == 0 && pair.Grid.Admitted * 100 >= pair.Grid.Answered * 99);
        if (!sound) Console.Error.WriteLine("Not sound: calls failed, or more than 1 % was not admitted (has the class room enough?).");
        return sound ? 0 : 1;
    }
}
