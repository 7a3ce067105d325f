using System.Globalization;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Sending;
using CoopGrid.Protocol.V1;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace CoopGrid.LoadTest.Live;

/// <summary>Shows a run while it goes on: a picture in a terminal, a line every two seconds elsewhere.</summary>
internal sealed class RunView(LoadRun run, ClassWatch watch, TimeProvider clock, string title, Func<double, string>? hour = null)
{
    private long _lastAnswered;
    private TimeSpan _lastAt;
    private double _rate;

    public Task ShowAsync(bool live, CancellationToken stop) => live ? PictureAsync(stop) : LinesAsync(stop);

    private async Task PictureAsync(CancellationToken stop)
    {
        await AnsiConsole.Live(Picture()).StartAsync(async context =>
        {
            while (await TickAsync(500, stop)) context.UpdateTarget(Picture());
            context.UpdateTarget(Picture());
        });
        AnsiConsole.WriteLine();
    }

    private async Task LinesAsync(CancellationToken stop)
    {
        while (await TickAsync(2000, stop)) Console.Out.WriteLine(Line());
        Console.Out.WriteLine(Line());
    }

    private async Task<bool> TickAsync(int milliseconds, CancellationToken stop)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), clock, stop).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        (long answered, TimeSpan at) = (run.Tally.Answered, run.Elapsed);
        if (at > _lastAt) _rate = (answered - _lastAnswered) / (at - _lastAt).TotalSeconds;
        (_lastAnswered, _lastAt) = (answered, at);
        return !stop.IsCancellationRequested;
    }

    private string Line()
    {
        ClassState? state = watch.Latest;
        LatencyMs latency = run.Tally.Latency.Read();
        return string.Create(CultureInfo.InvariantCulture,
            $"{run.Elapsed.TotalSeconds,6:F1}s {hour?.Invoke(run.Part),-12} {_rate,8:F0}/s  admitted {run.Tally.Count(Outcome.Admitted)} ")
            + string.Create(CultureInfo.InvariantCulture,
            $"deferred {run.Tally.Count(Outcome.Deferred)} redeemed {run.Tickets.Redeemed} refused {Refused(run.Tally.Count)} unknown {run.Tally.Count(Outcome.Unavailable)} shed {run.Tally.Shed}  S {state?.UsageUnits} N {state?.Members} ")
            + string.Create(CultureInfo.InvariantCulture,
            $"mean {(state?.MeanMilliunits ?? 0) / 1000.0:F1} ×{(state?.MultiplierPermille ?? 0) / 1000.0:F3}  p50/p99/p99.9 {latency.P50:F1}/{latency.P99:F1}/{latency.P999:F1} ms");
    }

    private Rows Picture()
    {
        ClassState? state = watch.Latest;
        LatencyMs latency = run.Tally.Latency.Read();
        int multiplier = state?.MultiplierPermille ?? 1000;
        string colour = multiplier <= 1000 ? "green" : multiplier < 2000 ? "yellow" : "red";
        var facts = new Grid().AddColumns(4);
        facts.AddRow(Fact("answers/s", $"{_rate:N0}"), Fact("in flight", $"{run.InFlight:N0}"), Fact("shed", $"{run.Tally.Shed:N0}"), Fact("replayed", $"{run.Tally.Replayed:N0}"));
        facts.AddRow(Fact("S", $"{state?.UsageUnits:N0}"), Fact("N", $"{state?.Members:N0}"), Fact("mean", $"{(state?.MeanMilliunits ?? 0) / 1000.0:N1}"), Fact("C", $"{state?.CapacityUnitsPerSecond:N0}/s"));
        facts.AddRow(Fact("p50", $"{latency.P50:N1} ms"), Fact("p99", $"{latency.P99:N1} ms"), Fact("p99.9", $"{latency.P999:N1} ms"), Fact("critical p99", $"{run.Tally.CriticalLatency.Read().P99:N1} ms"));
        int bar = Math.Clamp((multiplier - 1000) / 50, 0, 60);
        var rows = new List<IRenderable>
        {
            new Markup($"[bold]{Markup.Escape(title)}[/]  {run.Elapsed.TotalSeconds:F0} s  [aqua]{hour?.Invoke(run.Part)}[/]"),
            new Markup($"[{colour}]×{multiplier / 1000.0:F3} {new string('█', bar)}[/]"),
            facts,
            Groups(),
        };
        return new Rows(rows);
    }

    private Table Groups()
    {
        var table = new Table().AddColumns("group", "lane", "admitted", "deferred", "no room", "other refusals", "unknown", "admitted %");
        foreach (GroupTotals row in ResultOf.Groups(run))
        {
            long admitted = row.Outcomes.GetValueOrDefault(nameof(Outcome.Admitted));
            long deferred = row.Outcomes.GetValueOrDefault(nameof(Outcome.Deferred));
            long noRoom = row.Outcomes.GetValueOrDefault(nameof(Outcome.CapacityExceeded));
            long unknown = row.Outcomes.GetValueOrDefault(nameof(Outcome.Unavailable));
            long all = row.Outcomes.Values.Sum();
            table.AddRow(
                Markup.Escape(row.Group), Markup.Escape(row.Lane.Length == 0 ? "(standard)" : row.Lane), $"{admitted:N0}", $"{deferred:N0}", $"{noRoom:N0}",
                $"{all - admitted - deferred - noRoom - unknown:N0}", $"{unknown:N0}", $"{100.0 * admitted / all:F1}");
        }

        return table;
    }

    private static Markup Fact(string name, string value) => new($"[grey]{Markup.Escape(name)}[/] {Markup.Escape(value)}");

    private static long Refused(Func<Outcome, long> count) => Enum.GetValues<Outcome>()
        .Where(outcome => outcome is not (Outcome.Admitted or Outcome.Deferred or Outcome.Unavailable)).Sum(count);
}
