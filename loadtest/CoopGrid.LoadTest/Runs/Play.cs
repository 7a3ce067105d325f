using CoopGrid.Client;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Live;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.LoadTest.Sending;
using Spectre.Console;

namespace CoopGrid.LoadTest.Runs;

/// <summary>Plays a workload from enrolment to the check of the books.</summary>
internal sealed class Play(RunContext run, CoopGridClient client, string title, Func<double, string>? hour = null)
{
    /// <returns>The process's exit code: 0 clean, 1 not.</returns>
    public async Task<int> RunAsync(Workload workload, PolicyFacts policy, CancellationToken stop)
    {
        RunSettings settings = run.Settings;
        Console.Out.WriteLine($"{title}: {workload.Members.Length} members, {workload.Sends.Length} requests over {workload.LengthMicros / 1e6:F1} s");
        await Enrolment.EnrolAsync(client, settings.Coop, settings.Class, workload.Members, stop);
        await Enrolment.EntitleAsync(client, settings.Coop, workload, policy, stop);
        Standings baseline = await Enrolment.BaselineAsync(client, run, stop);
        DateTimeOffset startedAt = settings.Clock.GetUtcNow();
        await using HistoryWriter? history = run.History is { } path ? new HistoryWriter(path) : null;
        using var load = new LoadRun(client, workload, settings, history);
        var watch = new ClassWatch(client, settings.Coop, settings.Class, settings.Clock);
        await WatchedAsync(load, watch, stop);
        double seconds = load.Elapsed.TotalSeconds;
        await new Resolver(client).SettleAsync(load);
        Recording recording = ResultOf.Recording(load, settings, baseline);
        JsonFile.Write(run.RecordingPath, recording, indented: false);
        CheckReport? report = run.Check ? await CheckAsync(client, recording, policy.Slices, settings.Clock) : null;
        PatientTotals? patient = ResultOf.Patient(load, settings.Defer, policy.Rate, await BilledAsync(workload));
        JsonFile.Write(run.Out, Result(load, watch, report, startedAt, seconds) with { Groups = ResultOf.Groups(load, policy.Rate), Patient = patient });
        Summary.Print(load, watch, report, policy.Rate);
        if (patient is not null) Summary.Print(patient);
        Console.Out.WriteLine($"  result: {run.Out}");
        return (report is null || report.Clean) && patient is null or { Problems.Count: 0 } ? 0 : 1;
    }

    public static async Task<CheckReport> CheckAsync(CoopGridClient client, Recording recording, int windowSlices, TimeProvider clock)
    {
        var books = new ClassBooks(client, recording.Coop, recording.Class, clock);
        (Standings now, bool oneSlice) = await books.TakeAsync(TimeSpan.FromSeconds(15));
        return Checker.Check(recording, now, oneSlice, windowSlices);
    }

    /// <summary>Whether a picture can be drawn.</summary>
    public static bool IsLive(RunContext run) => !run.Plain && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi;

    private async Task WatchedAsync(LoadRun load, ClassWatch watch, CancellationToken stop)
    {
        using var over = new CancellationTokenSource();
        Task watching = watch.RunAsync(over.Token);
        Task showing = new RunView(load, watch, run.Settings.Clock, title, hour).ShowAsync(IsLive(run), over.Token);
        await load.RunAsync(stop);
        await over.CancelAsync();
        await watching;
        await showing;
    }

    private async Task<long?> BilledAsync(Workload workload) => run.Check && ResultOf.PatientMembers(workload) is { Length: > 0 } members
        ? await BilledSurcharges.OfAsync(client, run.Settings.Coop, members)
        : null;

    private RunResult Result(LoadRun load, ClassWatch watch, CheckReport? report, DateTimeOffset startedAt, double seconds) => new()
    {
        RunId = run.Settings.RunId,
        Command = run.CommandLine,
        StartedAt = startedAt.ToString("O"),
        Machine = Machine.Here,
        Coop = run.Settings.Coop,
        Class = run.Settings.Class,
        Seed = run.Seed,
        Seconds = Math.Round(seconds, 3),
        Totals = ResultOf.Totals(load),
        Latency = load.Tally.Latency.Read(),
        CriticalLatency = load.Tally.CriticalLatency.Read(),
        GeneratorLateness = load.Tally.Lateness.Read(),
        Price = ResultOf.Price(watch, load),
        Samples = watch.Samples,
        Check = report,
        Recording = Path.GetFileName(run.RecordingPath),
    };
}
