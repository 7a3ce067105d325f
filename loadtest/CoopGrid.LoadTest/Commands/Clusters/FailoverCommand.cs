using System.CommandLine;
using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Cluster.Failover;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>failover</c>: what callers see of the death of a silo.</summary>
internal sealed class FailoverCommand
{
    private const string What =
        """
        Kills one silo of a cluster after another under load, and tells what callers saw.

        Every member asks for a unit at a steady pace, at the silos that live, with a second's deadline and without trying again; together they ask for twice the class's capacity.
        After each death: failed questions of members that other silos hold, when the dead silo's members were answered again, and when the class admitted 95 % of what it did before.
        """;

    private readonly Option<int> _silos = new("--silos") { Description = "How many.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _kills = new("--kills") { Description = "How many deaths, at each silo by turns.", DefaultValueFactory = _ => 10 };
    private readonly Option<bool> _freeze = new("--freeze") { Description = "SIGSTOP instead of SIGKILL; woken later, the silo must end by itself." };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting of the silos, such as CoopGrid__Silo__GrainDirectory=distributed.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _silo = new("--silo") { Description = "The silo's dll; default: the build beside this one's.", DefaultValueFactory = _ => SiloCluster.DefaultDll };
    private readonly Option<string> _out = new("--out") { Description = "The result file; default: loadtest-results/failover-<time>.json." };

    public Command Build()
    {
        var command = new Command("failover", What) { _silos, _kills, _freeze, _set, _silo, _out };
        command.SetAction((parsed, stop) => Guard.RunAsync(() => RunAsync(parsed, stop)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        string folder = Directory.CreateTempSubdirectory("coopgrid-failover-").FullName;
        try
        {
            var options = new FailoverOptions
            {
                Dll = parsed.GetValue(_silo)!,
                Silos = parsed.GetValue(_silos),
                Kills = parsed.GetValue(_kills),
                Freeze = parsed.GetValue(_freeze),
                Settings = ClusterSettings.Read(parsed.GetValue(_set)),
            };
            IReadOnlyList<KillReport> reports = await new FailoverRun(options, folder, TimeProvider.System).RunAsync(Tell, stop);
            var result = new FailoverResult
            {
                Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
                StartedAt = startedAt.ToString("O"),
                Machine = Machine.Here,
                Deaths = reports,
            };
            string path = parsed.GetValue(_out) ?? Path.Combine("loadtest-results", $"failover-{startedAt:yyyyMMdd-HHmmss}.json");
            JsonFile.Write(path, result);
            Console.Out.WriteLine($"result: {path}");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Tell(KillReport report) => Console.Out.WriteLine(
        $"silo {report.Place}: held {report.HeldThere} members, others {report.HeldElsewhere} with {report.FailedElsewhere} failed; "
        + $"served again after {report.ServedAgainMedianMs:F0} ms (median), {report.ServedAgainMaxMs:F0} ms (last); "
        + $"{report.RateBefore:F0} of {report.AskedBefore:F0}/s before, 95 % of it again after {report.RateBackMs:F0} ms"
        + string.Concat(report.Troubles.Select(kind => $"\n  {kind.Count} × {kind.Trouble} (asked from {kind.FirstSentMs:F0} ms on, over at {kind.LastEndedMs:F0} ms)")));
}

/// <summary>The result file of <c>failover</c>.</summary>
internal sealed record FailoverResult
{
    public int Schema { get; init; } = 1;

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public required Machine Machine { get; init; }

    public required IReadOnlyList<KillReport> Deaths { get; init; }
}
