using System.CommandLine;
using CoopGrid.LoadTest.Chaos;
using CoopGrid.LoadTest.Chaos.Faults;
using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>chaos</c>: real silos under load and a seeded schedule of faults, judged by what every caller was told.</summary>
internal sealed class ChaosCommand
{
    private const int MostProblems = 20;

    private const string What =
        """
        Silos and a private PostgreSQL on this machine, under load and faults, judged in the end.

        A seeded schedule kills, freezes, drains and adds silos, takes PostgreSQL down, breaks links and steps clocks, while callers ask at all silos and ask again, with
        the same keys, for what was not answered. When all is quiet again everything is asked once more, and judged: lost, doubled, unasked, over capacity, mean off, stuck.
        The same seed makes the same schedule. Exit code 1 if anything is wrong; then the shortest history that shows it is printed.
        """;

    private readonly Option<ulong> _seed = new("--seed") { Description = "The source of all chance.", DefaultValueFactory = _ => 1UL };
    private readonly Option<double> _minutes = new("--minutes") { Description = "How long the load and the faults last.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _silos = new("--silos") { Description = "Silos that are meant to live.", DefaultValueFactory = _ => 3 };
    private readonly Option<double> _rate = new("--rate") { Description = "Questions a second; a batch is one.", DefaultValueFactory = _ => 120 };
    private readonly Option<double> _eviction = new("--eviction") { Description = "Seconds after which the silos declare a silent one dead; freezes last longer.", DefaultValueFactory = _ => 15 };
    private readonly Option<double> _recovery = new("--recovery") { Description = "Seconds after a fault before the same place has another.", DefaultValueFactory = _ => 8 };
    private readonly Option<FaultKind[]> _kinds = new("--kinds") { Description = "Only these faults, such as Kill DatabaseKill; default: all.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<bool> _embedded = new("--embedded") { Description = "One silo on SQLite instead, without PostgreSQL." };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting of the silos, such as CoopGrid__Silo__GrainDirectory=distributed.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _silo = new("--silo") { Description = "The silo's dll; default: the build beside this one's.", DefaultValueFactory = _ => SiloCluster.DefaultDll };
    private readonly Option<string> _out = new("--out") { Description = "The result file; default: loadtest-results/chaos-<seed>-<time>.json. The history goes beside it." };
    private readonly Option<bool> _keep = new("--keep") { Description = "Keep the silos' and the database's folder in any case; it is kept when something is wrong." };

    public Command Build()
    {
        var command = new Command("chaos", What) { _seed, _minutes, _silos, _rate, _eviction, _recovery, _kinds, _embedded, _set, _silo, _out, _keep };
        command.SetAction((parsed, stop) => Guard.RunAsync(() => RunAsync(parsed, stop)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        string path = parsed.GetValue(_out) ?? Path.Combine("loadtest-results", $"chaos-{parsed.GetValue(_seed)}-{startedAt:yyyyMMdd-HHmmss}.json");
        ChaosOptions options = Read(parsed, path);
        bool clean = false;
        try
        {
            ChaosEnd end = await new ChaosRun(options, TimeProvider.System, Console.Out.WriteLine).RunAsync(stop);
            ChaosResult result = Result(parsed, options, end, startedAt);
            JsonFile.Write(path, result);
            Tell(result, end, options, path);
            clean = result.Clean;
            return clean ? 0 : 1;
        }
        finally
        {
            if (clean && !parsed.GetValue(_keep)) Directory.Delete(options.Folder, recursive: true);
            else Console.Out.WriteLine($"the silos' logs: {options.Folder}");
        }
    }

    private ChaosOptions Read(ParseResult parsed, string path) => new()
    {
        Seed = parsed.GetValue(_seed),
        Length = TimeSpan.FromMinutes(parsed.GetValue(_minutes)),
        Silos = parsed.GetValue(_embedded) ? 1 : parsed.GetValue(_silos),
        Rate = parsed.GetValue(_rate),
        Eviction = TimeSpan.FromSeconds(parsed.GetValue(_eviction)),
        Recovery = TimeSpan.FromSeconds(parsed.GetValue(_recovery)),
        Kinds = parsed.GetValue(_kinds) ?? [],
        Embedded = parsed.GetValue(_embedded),
        Settings = ClusterSettings.Read(parsed.GetValue(_set)),
        Dll = parsed.GetValue(_silo)!,
        Folder = Directory.CreateTempSubdirectory("coopgrid-chaos-").FullName,
        HistoryPath = Path.ChangeExtension(path, ".history.jsonl"),
    };

    private static ChaosResult Result(ParseResult parsed, ChaosOptions options, ChaosEnd end, DateTimeOffset startedAt) => new()
    {
        Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
        StartedAt = startedAt.ToString("O"),
        Machine = Machine.Here,
        Seed = options.Seed,
        Minutes = options.Length.TotalMinutes,
        Silos = options.Silos,
        Storage = options.Embedded ? "sqlite" : "postgres",
        Faults = end.Injector.Done.OrderBy(pair => pair.Key).ToDictionary(pair => pair.Key.ToString(), pair => pair.Value),
        Kills = end.Injector.Kills,
        EndedAlone = end.Injector.EndedAlone,
        LeftOut = end.LeftOut,
        Totals = ChaosTotals.Of(end.Calls, end.Shed),
        Outcomes = end.Calls.Where(call => call.Phase == CallPhase.Load).GroupBy(call => call.Told).OrderBy(group => group.Key).ToDictionary(group => group.Key.ToString(), group => group.Count()),
        Violations = end.Violations.GroupBy(violation => violation.Kind).ToDictionary(group => group.Key.ToString(), group => group.Count()),
        Problems = [.. end.Violations.Take(MostProblems).Select(violation => $"{violation.Kind}: {violation.What}")],
        Troubles = [.. end.Injector.Troubles.Select(trouble => trouble.Split('\n')[0])],
    };

    private static void Tell(ChaosResult result, ChaosEnd end, ChaosOptions options, string path)
    {
        ChaosTotals totals = result.Totals;
        Console.Out.WriteLine($"faults: {string.Join(", ", result.Faults.Select(pair => $"{pair.Key} {pair.Value}"))}; {result.Kills} processes killed, {result.EndedAlone} silos ended by themselves");
        foreach (string left in result.LeftOut) Console.Out.WriteLine($"left out: {left}");
        Console.Out.WriteLine(
            $"{totals.Keys} keys in {totals.Attempts} attempts, {totals.Unknown} without an answer; {totals.AdmittedUnits} units charged, {totals.CancelledUnits} given back, "
            + $"{totals.RelaxedLost} relaxed admissions lost as they may be; {totals.Reviewed} keys asked again");
        Console.Out.WriteLine($"answers: {string.Join(", ", result.Outcomes.Select(pair => $"{pair.Key} {pair.Value}"))}");
        string replay = $"loadtest {result.Command}";
        foreach (string line in Verdict.Words(end.Violations, options.Seed, replay, options.HistoryPath)) Console.Out.WriteLine(line);
        Console.Out.WriteLine($"result: {path}");
    }
}
