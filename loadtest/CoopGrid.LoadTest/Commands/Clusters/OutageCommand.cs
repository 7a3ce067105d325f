using System.CommandLine;
using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Cluster.Outage;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>outage</c>: what callers see while the database is away, and when it comes back.</summary>
internal sealed class OutageCommand
{
    private const string What =
        """
        Takes PostgreSQL away from a cluster under load, and gives it back.

        Callers ask at a steady pace by single calls, with and without a short deadline of their own, by batches and by streams, at all silos, and never try again. PostgreSQL is shut
        down at once, or stopped where it is with --freeze, and comes back. Tells how long the calls took that failed, what the silos held in memory, and when the full rate was
        back. In the end every question without an answer is asked again, and the books are held against all that was told. Exit code 1 if anything is not as it must be.
        """;

    private readonly Option<int> _silos = new("--silos") { Description = "How many.", DefaultValueFactory = _ => 3 };
    private readonly Option<double> _gone = new("--gone") { Description = "For how many seconds PostgreSQL is away.", DefaultValueFactory = _ => 60 };
    private readonly Option<int> _times = new("--times") { Description = "How often.", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _freeze = new("--freeze") { Description = "SIGSTOP of all its processes instead of an immediate shutdown: a server that hangs." };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting of the silos, such as CoopGrid__Ledger__LongestRetryMs=500.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _silo = new("--silo") { Description = "The silo's dll; default: the build beside this one's.", DefaultValueFactory = _ => SiloCluster.DefaultDll };
    private readonly Option<string> _out = new("--out") { Description = "The result file; default: loadtest-results/outage-<time>.json." };
    private readonly Option<bool> _keep = new("--keep") { Description = "Keep the silos' folder with their logs." };

    public Command Build()
    {
        var command = new Command("outage", What) { _silos, _gone, _times, _freeze, _set, _silo, _out, _keep };
        command.SetAction((parsed, stop) => Guard.RunAsync(() => RunAsync(parsed, stop)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        string folder = Directory.CreateTempSubdirectory("coopgrid-outage-").FullName;
        try
        {
            var options = new OutageOptions
            {
                Dll = parsed.GetValue(_silo)!,
                Silos = parsed.GetValue(_silos),
                Gone = TimeSpan.FromSeconds(parsed.GetValue(_gone)),
                Times = parsed.GetValue(_times),
                Freeze = parsed.GetValue(_freeze),
                Settings = ClusterSettings.Read(parsed.GetValue(_set)),
            };
            OutageEnd end = await new OutageRun(options, folder, TimeProvider.System).RunAsync(Console.Out.WriteLine, stop);
            var result = new OutageResult
            {
                Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
                StartedAt = startedAt.ToString("O"),
                Machine = Machine.Here,
                Load = options.Load,
                End = end,
            };
            string path = parsed.GetValue(_out) ?? Path.Combine("loadtest-results", $"outage-{startedAt:yyyyMMdd-HHmmss}.json");
            JsonFile.Write(path, result);
            Tell(result, path);
            return result.IsMet ? 0 : 1;
        }
        finally
        {
            if (parsed.GetValue(_keep)) Console.Out.WriteLine($"the silos' logs: {folder}");
            else Directory.Delete(folder, recursive: true);
        }
    }

    private static void Tell(OutageResult result, string path)
    {
        foreach (OneOutage outage in result.End.Outages) Tell(outage);
        foreach (string problem in result.End.Books.Problems) Console.Out.WriteLine(problem);
        Console.Out.WriteLine($"{result.End.Books.ToldUnits} units told, S = {result.End.Books.UsageUnits}; {result.End.Ended} silos ended; {(result.IsMet ? "all is as it must be" : "NOT as it must be")}");
        Console.Out.WriteLine($"result: {path}");
    }

    private static void Tell(OneOutage outage)
    {
        OutageReport calls = outage.Calls;
        Console.Out.WriteLine($"gone for {calls.GoneMs:F0} ms; {calls.ServedPerSecond:F0} of {calls.AskedPerSecond:F0} requests/s served before, {calls.AdmittedWhileGone} admitted meanwhile");
        foreach (FailedCalls kind in calls.Failed)
            Console.Out.WriteLine($"  {kind.Kind}: {kind.Failed} failed, p50 {kind.FailedP50Ms:F0}, p99 {kind.FailedP99Ms:F0}, at most {kind.FailedMaxMs:F0} ms of {kind.LimitMs:F0}; {kind.Late} late");
        Console.Out.WriteLine($"  first full second after {calls.FullSecondMs:F0} ms, full rate from {calls.FullRateMs:F0} ms on");
        Console.Out.WriteLine($"  in flight at most {outage.Looks.InFlightBefore} before, {outage.Looks.InFlight} meanwhile; the callers stood still for {outage.Looks.StalledMs:F0} ms at most; load average {outage.Looks.LoadAverage:F1}");
        foreach (SiloMemory silo in outage.Looks.Silos)
        {
            Console.Out.WriteLine(
                $"  resident {Mega(silo.ResidentBefore)}, at most {Mega(silo.ResidentHighest)}, then {Mega(silo.ResidentAfter)}; heap {Mega(silo.HeapBefore)}, {Mega(silo.HeapGone)}, {Mega(silo.HeapAfter)} MB");
        }
    }

    private static string Mega(long bytes) => (bytes / 1e6).ToString("F0", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The result file of <c>outage</c>.</summary>
internal sealed record OutageResult
{
    public int Schema { get; init; } = 1;

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public required Machine Machine { get; init; }

    public required OutageLoad Load { get; init; }

    public required OutageEnd End { get; init; }

    public bool IsMet => End.Ended == 0 && End.Books.Clean && End.Outages.All(outage => outage.Calls.IsMet);
}
