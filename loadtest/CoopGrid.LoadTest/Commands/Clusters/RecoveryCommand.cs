using System.CommandLine;
using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Cluster.MassRecovery;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>recovery</c>: the death of a silo that holds many members.</summary>
internal sealed class RecoveryCommand
{
    private const string What =
        """
        Kills a silo that holds very many members, and tells how soon they are served again.

        All members are enrolled and active on one silo, and have just been charged, when it is killed. From then on some are asked for at a steady pace at the others, and then all that
        are left at once, in batches. Tells how long first questions took, when all were answered, when the dead silo's log was drained, and what PostgreSQL had to do. In the end
        the books are held against all that was told. Exit code 1 if they differ or the log was not drained.
        """;

    private readonly Option<int> _silos = new("--silos") { Description = "How many.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _members = new("--members") { Description = "Members that are active on the silo that dies.", DefaultValueFactory = _ => 100_000 };
    private readonly Option<double> _rate = new("--rate") { Description = "Members a second that are asked for at first.", DefaultValueFactory = _ => 500 };
    private readonly Option<double> _seconds = new("--seconds") { Description = "For how long, before all others are asked for at once.", DefaultValueFactory = _ => 20 };
    private readonly Option<int> _seed = new("--seed") { Description = "In which order members are asked for.", DefaultValueFactory = _ => 1 };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting of the silos, such as CoopGrid__Checkpoints__SideBySide=16.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _silo = new("--silo") { Description = "The silo's dll; default: the build beside this one's.", DefaultValueFactory = _ => SiloCluster.DefaultDll };
    private readonly Option<string> _out = new("--out") { Description = "The result file; default: loadtest-results/recovery-<time>.json." };
    private readonly Option<bool> _keep = new("--keep") { Description = "Keep the silos' folder with their logs." };

    public Command Build()
    {
        var command = new Command("recovery", What) { _silos, _members, _rate, _seconds, _seed, _set, _silo, _out, _keep };
        command.SetAction((parsed, stop) => Guard.RunAsync(() => RunAsync(parsed, stop)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        string folder = Directory.CreateTempSubdirectory("coopgrid-recovery-").FullName;
        try
        {
            RecoveryOptions options = Read(parsed);
            RecoveryEnd end = await new RecoveryRun(options, folder, TimeProvider.System).RunAsync(Console.Out.WriteLine, stop);
            var result = new RecoveryResult
            {
                Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
                StartedAt = startedAt.ToString("O"),
                Machine = Machine.Here,
                Members = options.Members,
                Silos = options.Silos,
                TouchesPerSecond = options.TouchesPerSecond,
                End = end,
            };
            string path = parsed.GetValue(_out) ?? Path.Combine("loadtest-results", $"recovery-{startedAt:yyyyMMdd-HHmmss}.json");
            JsonFile.Write(path, result);
            Tell(end);
            Console.Out.WriteLine($"result: {path}");
            return end.Books.Clean && end.Report.DrainedMs is not null ? 0 : 1;
        }
        finally
        {
            if (parsed.GetValue(_keep)) Console.Out.WriteLine($"the silos' logs: {folder}");
            else Directory.Delete(folder, recursive: true);
        }
    }

    private RecoveryOptions Read(ParseResult parsed) => new()
    {
        Dll = parsed.GetValue(_silo)!,
        Silos = parsed.GetValue(_silos) is var silos && silos >= 2 ? silos : throw new ArgumentException("--silos must be at least 2."),
        Members = parsed.GetValue(_members),
        TouchesPerSecond = parsed.GetValue(_rate),
        Sampled = TimeSpan.FromSeconds(parsed.GetValue(_seconds)),
        Seed = parsed.GetValue(_seed),
        Settings = ClusterSettings.Read(parsed.GetValue(_set)),
    };

    private static void Tell(RecoveryEnd end)
    {
        RecoveryReport report = end.Report;
        Console.Out.WriteLine($"{end.Held} members; sealed after {report.SealedMs:F0} ms, the first answer after {report.FirstAnswerMs:F0} ms");
        Tell("asked for before the seal", report.AskedBeforeSeal);
        Tell("asked for after it", report.AskedAfterSeal);
        Console.Out.WriteLine($"all answered after {report.AllAnsweredMs:F0} ms, drained after {(report.DrainedMs is { } drained ? $"{drained:F0} ms" : "more than was watched")}");
        Tell("before", report.DatabaseBefore);
        Tell("after", report.DatabaseAfter);
        foreach (string problem in end.Books.Problems) Console.Out.WriteLine(problem);
        Console.Out.WriteLine($"{end.Books.ToldUnits} units told, S = {end.Books.UsageUnits}; load average {end.LoadAverage:F1}");
    }

    private static void Tell(string which, TouchTimes times) => Console.Out.WriteLine(
        $"{times.Count} {which}: p50 {times.P50Ms:F0}, p90 {times.P90Ms:F0}, p99 {times.P99Ms:F0}, at most {times.MaxMs:F0} ms, {times.MeanAttempts:F2} attempts");

    private static void Tell(string when, DatabaseLoad load) => Console.Out.WriteLine(
        $"PostgreSQL {when}: at most {load.MostConnections} connections, {load.MostActive} active, {load.MostWaiting} waiting for locks; "
        + $"{load.TransactionsPerSecond:F0} transactions/s, at most {load.MostTransactionsPerSecond:F0}");
}

/// <summary>The result file of <c>recovery</c>.</summary>
internal sealed record RecoveryResult
{
    public int Schema { get; init; } = 1;

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public required Machine Machine { get; init; }

    public required int Members { get; init; }

    public required int Silos { get; init; }

    public required double TouchesPerSecond { get; init; }

    public required RecoveryEnd End { get; init; }
}
