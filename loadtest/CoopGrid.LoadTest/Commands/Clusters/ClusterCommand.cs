using System.CommandLine;
using System.Globalization;
using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>cluster</c>: load through all silos of a cluster on this machine, and what an admission costs at each number of silos.</summary>
internal sealed class ClusterCommand
{
    private const string What =
        """
        Load through all silos of a cluster on this machine, with a private PostgreSQL.

        Starts the silos, enrols members, runs a closed loop through all silos at once (every member is asked for at every silo, or with --at-home at its own) and stops everything again. Tells durable admissions a
        second, errors, latency, and the processor time of the silos and of PostgreSQL for each. --compare starts several clusters side by side, measures them by turns, --rounds times
        each, and tells what an admission costs as a ratio to the fewest silos: the median of the rounds' ratios.
        """;

    private readonly Option<int> _silos = new("--silos") { Description = "How many.", DefaultValueFactory = _ => 3 };
    private readonly Option<string> _compare = new("--compare") { Description = "Numbers of silos to compare instead, such as 1,2,4." };
    private readonly Option<int> _rounds = new("--rounds") { Description = "How often each number is measured.", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _seconds = new("--seconds") { Description = "Measured seconds of each.", DefaultValueFactory = _ => 20 };
    private readonly Option<int> _members = new("--members") { Description = "Members that are asked for by turns.", DefaultValueFactory = _ => 1024 };
    private readonly Option<int> _inFlight = new("--in-flight") { Description = "Requests in flight at all silos together.", DefaultValueFactory = _ => 256 };
    private readonly Option<int> _batch = new("--batch") { Description = "Requests in a batch; 1 = unary calls.", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _atHome = new("--at-home") { Description = "Ask for each member at the silo that holds it, as a relay does that follows homes." };
    private readonly Option<string> _silo = new("--silo") { Description = "The silo's dll; default: the build beside this one's.", DefaultValueFactory = _ => SiloCluster.DefaultDll };
    private readonly Option<string> _out = new("--out") { Description = "The result file; default: loadtest-results/cluster-<time>.json." };

    public Command Build()
    {
        var command = new Command("cluster", What) { _silos, _compare, _rounds, _seconds, _members, _inFlight, _batch, _atHome, _silo, _out };
        command.SetAction((parsed, stop) => Guard.RunAsync(() => RunAsync(parsed, stop)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        string folder = Directory.CreateTempSubdirectory("coopgrid-cluster-").FullName;
        try
        {
            var load = new ClusterLoad
            {
                Members = parsed.GetValue(_members),
                AtHome = parsed.GetValue(_atHome),
                InFlight = parsed.GetValue(_inFlight),
                Batch = parsed.GetValue(_batch),
                Measured = TimeSpan.FromSeconds(parsed.GetValue(_seconds)),
            };
            int[] sizes = parsed.GetValue(_compare) is { } list ? Sizes(list) : [parsed.GetValue(_silos)];
            var run = new ClusterRun(parsed.GetValue(_silo)!, folder, load, TimeProvider.System);
            IReadOnlyList<ClusterSide> runs = await run.RunAsync(sizes, parsed.GetValue(_rounds), Tell, stop);
            return End(parsed, load, runs, startedAt);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private int End(ParseResult parsed, ClusterLoad load, IReadOnlyList<ClusterSide> runs, DateTimeOffset startedAt)
    {
        var result = new ClusterResult
        {
            Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
            StartedAt = startedAt.ToString("O"),
            Machine = Machine.Here,
            Members = load.Members,
            AtHome = load.AtHome,
            InFlight = load.InFlight,
            Batch = load.Batch,
            SecondsEach = load.Measured.TotalSeconds,
            Runs = runs,
        };
        string path = parsed.GetValue(_out) ?? Path.Combine("loadtest-results", $"cluster-{startedAt:yyyyMMdd-HHmmss}.json");
        JsonFile.Write(path, result);
        foreach (ClusterCost cost in result.Costs)
            Console.Out.WriteLine($"{cost.Silos} silos: {cost.AdmittedPerSecond:F0} durable admissions/s, {cost.CpuMicros:F1} µs of processor each, ×{cost.Ratio:F2}");
        Console.Out.WriteLine($"result: {path}");
        bool sound = runs.All(run => run.Failed == 0 && run.Unanswered == 0 && run.Admitted == run.Answered);
        if (!sound) Console.Error.WriteLine("Not sound: calls failed or were not admitted.");
        return sound ? 0 : 1;
    }

    private static void Tell(ClusterSide side) => Console.Out.WriteLine(
        $"{side.Silos} silos: {side.AdmittedPerSecond,8:F0}/s  admitted {side.Admitted} of {side.Answered}{string.Concat(side.Refused.Select(refused => $", {refused.Value} {refused.Key}"))}, failed {side.Failed}, unanswered {side.Unanswered}  "
        + $"p50 {side.Latency.P50:F2}  p99 {side.Latency.P99:F2} ms  µs of processor each: silos {string.Join(" + ", side.SiloCpuMicros.Select(cpu => $"{cpu:F1}"))}, PostgreSQL {side.PostgresCpuMicros:F1}");

    internal static int[] Sizes(string list)
    {
        string[] parts = list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int[] sizes = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0)];
        return sizes.Length > 0 && sizes.All(size => size is >= 1 and <= 64) ? sizes : throw new ArgumentException($"--compare wants numbers of silos such as 1,2,4; was '{list}'.");
    }
}
