using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.LoadTest.Closing;
using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Ratio;
using CoopGrid.LoadTest.Results;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>closing</c>: what closing an epoch of very many members costs those who go on sending.</summary>
internal sealed class ClosingCommand
{
    private const string What =
        """
        Closes an epoch of very many members while admission goes on.

        Starts a silo at an epoch's beginning, enrols all members and has each admitted once in that epoch, and lets the silo close it by itself, which it does
        ten minutes after the epoch's end. Meanwhile some go on sending by single calls at a steady pace. Tells their latency before the closing and during it,
        how long the closing took, and the silo's highest resident memory. Exit code 1 if the books are not what was used.
        """;

    private readonly Option<int> _members = new("--members") { Description = "Members of the class.", DefaultValueFactory = _ => 100_000 };
    private readonly Option<int> _active = new("--active") { Description = "Those who go on sending.", DefaultValueFactory = _ => 1000 };
    private readonly Option<double> _rate = new("--rate") { Description = "Admissions a second that those send.", DefaultValueFactory = _ => 500 };
    private readonly Option<double> _epoch = new("--epoch-seconds") { Description = "The epoch's length: time enough to enrol all and to have each admitted once; a million take some 300 s.", DefaultValueFactory = _ => 120 };
    private readonly Option<double> _quiet = new("--quiet-seconds") { Description = "For how long latency is measured before the closing.", DefaultValueFactory = _ => 60 };
    private readonly Option<int> _age = new("--collection-age") { Description = "Seconds after which the silo lets a member without requests go.", DefaultValueFactory = _ => 60 };
    private readonly Option<bool> _postgres = new("--postgres") { Description = "On a private PostgreSQL, not on SQLite." };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting of the silo, such as CoopGrid__Checkpoints__SideBySide=16.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _silo = new("--silo") { Description = "The silo's dll; default: the build beside this one's.", DefaultValueFactory = _ => SiloCluster.DefaultDll };
    private readonly Option<string> _out = new("--out") { Description = "The result file; default: loadtest-results/closing-<time>.json." };

    public Command Build()
    {
        var command = new Command("closing", What) { _members, _active, _rate, _epoch, _quiet, _age, _postgres, _set, _silo, _out };
        command.SetAction((parsed, stop) => Guard.RunAsync(() => RunAsync(parsed, stop)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        string folder = Directory.CreateTempSubdirectory("coopgrid-closing-").FullName;
        try
        {
            ClosingPlan plan = Read(parsed);
            string charter = Path.Combine(folder, "charter.json");
            await File.WriteAllTextAsync(charter, plan.Charter, stop);
            await using PrivatePostgres? database = parsed.GetValue(_postgres) ? await PrivatePostgres.StartNewAsync(stop: stop) : null;
            await EpochBeginsAsync(plan, stop);
            await using Child silo = SiloChild.Start(parsed.GetValue(_silo)!, charter, folder, Settings(parsed, database), out int port);
            var address = new Uri($"http://127.0.0.1:{port}");
            using var client = new CoopGridClient(new CoopGridOptions
            {
                Addresses = [address],
                Deadline = TimeSpan.FromSeconds(120),
                AttemptTimeout = TimeSpan.FromSeconds(30),
            });
            await client.Classes.GetStateAsync(ClosingPlan.Coop, ClosingPlan.Class, stop);

            var run = new ClosingRun(plan, client, address, silo.Id, TimeProvider.System);
            long epoch = run.EpochNow();
            await run.FillAsync(epoch, stop);
            Console.Out.WriteLine($"{plan.Members} enrolled in {run.EnrolSeconds:F0} s and admitted in {run.UseSeconds:F0} s, all in epoch {epoch}");
            (ClosingPhase quiet, ClosingPhase closing, ClosingReply end) = await run.MeasureAsync(epoch, Console.Out.WriteLine, stop);
            var result = new ClosingResult
            {
                Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
                StartedAt = startedAt.ToString("O"),
                Storage = database is null ? "sqlite" : "postgres",
                Members = plan.Members,
                Active = plan.Active,
                AdmissionsPerSecond = plan.PerSecond,
                EnrolSeconds = run.EnrolSeconds,
                UseSeconds = run.UseSeconds,
                Quiet = quiet,
                Closing = closing,
                Bills = end.Bills,
                Problems = ProblemsOf(plan, end),
            };
            return Tell(result, parsed.GetValue(_out) ?? Path.Combine("loadtest-results", $"closing-{startedAt:yyyyMMdd-HHmmss}.json"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private ClosingPlan Read(ParseResult parsed) => new()
    {
        Members = parsed.GetValue(_members),
        Active = Math.Min(parsed.GetValue(_active), parsed.GetValue(_members)),
        PerSecond = parsed.GetValue(_rate),
        Epoch = TimeSpan.FromSeconds(parsed.GetValue(_epoch)),
        Quiet = TimeSpan.FromSeconds(parsed.GetValue(_quiet)),
    };

    /// <summary>Waits for the beginning of an epoch.</summary>
    private static async Task EpochBeginsAsync(ClosingPlan plan, CancellationToken stop)
    {
        long length = (long)plan.Epoch.TotalMilliseconds, passed = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() % length;
        Console.Out.WriteLine($"an epoch begins in {(length - passed) / 1000} s");
        await Task.Delay(TimeSpan.FromMilliseconds(length - passed), TimeProvider.System, stop);
    }

    private Dictionary<string, string> Settings(ParseResult parsed, PrivatePostgres? database)
    {
        var all = new Dictionary<string, string>(ClusterSettings.Read(parsed.GetValue(_set))) { ["CoopGrid__Silo__CollectionAgeSeconds"] = $"{parsed.GetValue(_age)}" };
        if (database is null) return all;
        all["CoopGrid__Storage"] = "postgres";
        all["CoopGrid__ConnectionString"] = database.ConnectionString();
        return all;
    }

    private static List<string> ProblemsOf(ClosingPlan plan, ClosingReply end)
    {
        List<string> problems = [];
        if (end.Bills != plan.Members) problems.Add($"{end.Bills} bills for {plan.Members} members.");
        if (end.BilledUnits != end.UsageUnits || end.UsageUnits < plan.Members)
            problems.Add($"S is {end.UsageUnits}, billed are {end.BilledUnits} units; {plan.Members} members used one at least.");
        return problems;
    }

    private static int Tell(ClosingResult result, string path)
    {
        JsonFile.Write(path, result);
        Tell("quiet", result.Quiet);
        Tell("closing", result.Closing);
        Console.Out.WriteLine($"{result.Bills} bills in {result.Closing.Seconds:F1} s, {result.BillsPerSecond:F0}/s; p99 ×{result.P99Ratio:F2}");
        foreach (string problem in result.Problems) Console.Out.WriteLine(problem);
        Console.Out.WriteLine($"result: {path}");
        return result.Problems.Count == 0 ? 0 : 1;
    }

    private static void Tell(string what, ClosingPhase phase) => Console.Out.WriteLine(
        $"{what}: {phase.Seconds:F1} s, {phase.Latency.Count} calls, {phase.Failed} failed, "
        + $"p50 {phase.Latency.P50:F2}  p99 {phase.Latency.P99:F2}  max {phase.Latency.Max:F1} ms, "
        + $"at most {phase.HighestResidentBytes / 1e6:F0} MB, {phase.ProcessorSeconds:F1} s of processor (generator's longest stall {phase.LongestStallMs:F0} ms)"
        + string.Concat(phase.Failures.Select(kind => $"\n  {kind.Count} × {kind.Trouble} (sent from {kind.FirstSentMs:F0} ms on, over at {kind.LastEndedMs:F0} ms)")));
}
