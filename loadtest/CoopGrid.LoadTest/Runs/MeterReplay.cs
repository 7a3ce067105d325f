using CoopGrid.Client;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Live;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Sending;
using CoopGrid.LoadTest.Traces;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Runs;

/// <summary>
/// Replays metered homes: a meter per home, a row of the trace per slice of the class, from the slice that runs now on. A row is reported as
/// soon as its slice has ended; a grid that was away is caught up with, as far as its grace allows.
/// </summary>
internal sealed class MeterReplay(RunContext run, CoopGridClient client, PolicyFacts policy)
{
    private readonly RunSettings _settings = run.Settings;

    public async Task<int> RunAsync(HomesTrace homes, string prefix, CancellationToken stop)
    {
        if (!policy.Metered) throw new InvalidOperationException($"{_settings.Coop}/{_settings.Class} counts admissions, not meters' reports.");
        string[] members = [.. homes.Homes.Select(home => prefix + home)];
        Console.Out.WriteLine($"replay of homes: {members.Length} meters, {homes.WattHours.Length} slices of {policy.SliceMs} ms");
        await Enrolment.EnrolAsync(client, _settings.Coop, _settings.Class, members, stop);
        Standings baseline = await Enrolment.BaselineAsync(client, run, stop);
        ClassState state = await client.Classes.GetStateAsync(_settings.Coop, _settings.Class, stop);
        var meters = new MeterBook(client, _settings.Coop, members);
        await meters.RegisterAsync(state.Slice - 1, stop);
        DateTimeOffset startedAt = _settings.Clock.GetUtcNow();
        long started = _settings.Clock.GetTimestamp();
        var watch = new ClassWatch(client, _settings.Coop, _settings.Class, _settings.Clock);
        using var over = new CancellationTokenSource();
        Task watching = watch.RunAsync(over.Token);
        try
        {
            await ReportAllAsync(homes, meters, state.Slice, stop);
        }
        catch (OperationCanceledException)
        {
            // Stopped early: what was reported still counts.
        }

        double seconds = _settings.Clock.GetElapsedTime(started).TotalSeconds;
        await over.CancelAsync();
        await watching;
        return await EndAsync(meters, members, baseline, watch, startedAt, seconds);
    }

    private async Task ReportAllAsync(HomesTrace homes, MeterBook meters, long firstSlice, CancellationToken stop)
    {
        long started = _settings.Clock.GetTimestamp();
        double nextLine = 2;
        for (int row = 0; row < homes.WattHours.Length;)
        {
            ClassState state = await client.Classes.GetStateAsync(_settings.Coop, _settings.Class, stop);
            int ended = (int)Math.Min(homes.WattHours.Length, state.Slice - firstSlice);
            if (ended <= row)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(policy.SliceMs / 5, 5, 1000)), _settings.Clock, stop);
                continue;
            }

            int take = Math.Min(ended - row, MeterBook.MaxSlices);
            long asked = _settings.Clock.GetTimestamp();
            await meters.ReportAsync(homes.WattHours.AsMemory(row, take), firstSlice + row, _settings.Clock, stop);
            meters.Latency.Record((long)_settings.Clock.GetElapsedTime(asked).TotalMicroseconds);
            row += take;
            double seconds = _settings.Clock.GetElapsedTime(started).TotalSeconds;
            if (seconds < nextLine) continue;
            nextLine = seconds + 2;
            Console.Out.WriteLine($"{seconds,6:F1}s slice {row}/{homes.WattHours.Length}  told {meters.ToldUnits} Wh  S {state.UsageUnits} "
                + $"mean {state.MeanMilliunits / 1000.0:F1} ×{state.MultiplierPermille / 1000.0:F3}");
        }
    }

    private async Task<int> EndAsync(
        MeterBook meters, string[] members, Standings baseline, ClassWatch watch, DateTimeOffset startedAt, double seconds)
    {
        MemberUnits[] told = [.. members.Select((member, i) => new MemberUnits(member, meters.Told(i)))];
        var recording = new Recording(1, _settings.RunId, _settings.Coop, _settings.Class, baseline, told, []);
        JsonFile.Write(run.RecordingPath, recording, indented: false);
        CheckReport? report = run.Check ? await Play.CheckAsync(client, recording, policy.Slices, _settings.Clock) : null;
        var outcomes = meters.Outcomes.ToDictionary(pair => pair.Key.ToString(), pair => pair.Value);
        long answered = outcomes.Values.Sum();
        JsonFile.Write(run.Out, new RunResult
        {
            RunId = _settings.RunId,
            Command = run.CommandLine,
            StartedAt = startedAt.ToString("O"),
            Machine = Machine.Here,
            Coop = _settings.Coop,
            Class = _settings.Class,
            Seed = run.Seed,
            Seconds = Math.Round(seconds, 3),
            Totals = new Totals(answered, answered, answered, 0, 0, 0, meters.ToldUnits, 0, 0, outcomes),
            Latency = meters.Latency.Read(),
            Price = ResultOf.Price(watch, null),
            Samples = watch.Samples,
            Check = report,
            Recording = Path.GetFileName(run.RecordingPath),
        });
        Console.Out.WriteLine($"  {answered} reports: {string.Join(", ", outcomes.Select(pair => $"{pair.Key} {pair.Value}"))}; {meters.ToldUnits} Wh");
        if (report is not null) Summary.Print(report);
        Console.Out.WriteLine($"  result: {run.Out}");
        return report is null || report.Clean ? 0 : 1;
    }
}
