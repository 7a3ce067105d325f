using System.CommandLine;
using CoopGrid.LoadTest.Ratio;
using CoopGrid.LoadTest.Wire;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>wire</c>: the lean generator alone, against a port of this machine. Its members must be enrolled where that matters.</summary>
internal sealed class WireCommand
{
    private readonly WireSettings _wire = new();
    private readonly Option<int> _port = new("--port") { Description = "The port on 127.0.0.1.", Required = true };

    public Command Build()
    {
        var command = new Command("wire", "The lean closed-loop generator of ratio alone.") { _port };
        _wire.AddTo(command);
        command.SetAction((parsed, stop) => Guard.RunAsync(async () =>
        {
            WireOptions options = _wire.Read(parsed, parsed.GetValue(_port));
            WireResult result = await Task.Run(() => WireLoad.Run(options, TimeProvider.System), stop);
            Tell("calls", RatioRun.Side(result), result.Rate);
            return result.Failed == 0 ? 0 : 1;
        }));
        return command;
    }

    internal static void Tell(string name, RatioSide side, double rate) => Console.Out.WriteLine(
        $"  {name,-6} {rate,9:F0}/s  admitted {side.Admitted} of {side.Answered}, failed {side.Failed}  "
        + $"p50 {side.Latency.P50:F2}  p99 {side.Latency.P99:F2} ms  µs of processor a call: "
        + $"generator {side.GeneratorCpuMicrosPerCall:F1}{(side.ServerCpuMicrosPerCall is { } cpu ? $", server {cpu:F1}" : "")}");
}
