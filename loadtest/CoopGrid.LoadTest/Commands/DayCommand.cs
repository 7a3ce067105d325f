using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>day</c>: a bursty day of a messaging co-op, much accelerated, in the terminal.</summary>
internal sealed class DayCommand
{
    private readonly RunOptions _run = new();
    private readonly Option<double> _seconds = new("--seconds") { Description = "How long the day takes.", DefaultValueFactory = _ => 90 };
    private readonly Option<double> _rate = new("--highest-rate") { Description = "Requests per second at the day's peak at most; requests get larger instead.", DefaultValueFactory = _ => 1500 };

    public Command Build()
    {
        var command = new Command("day", "A bursty day: quiet night, morning rise, flash crowd, hogs, evening, a critical trickle all along.") { _seconds, _rate };
        _run.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken stop) => Guard.RunAsync(async () =>
    {
        RunContext run = _run.Read(parsed);
        using CoopGridClient client = run.OpenClient();
        PolicyFacts policy = await PolicyFacts.ReadAsync(client, run.Settings.Coop, run.Settings.Class, stop);
        ClassState state = await client.Classes.GetStateAsync(run.Settings.Coop, run.Settings.Class, stop);
        if (policy.Metered) throw new InvalidOperationException($"{run.Settings.Coop}/{run.Settings.Class} is metered: there is nothing to admit.");
        var plan = new DayPlan
        {
            CapacityUnitsPerSecond = state.CapacityUnitsPerSecond,
            MaxRequestUnits = policy.MaxRequestUnits,
            QuotaUnitsPerSecond = policy.QuotaUnitsPerSecond,
            Seconds = parsed.GetValue(_seconds),
            HighestRate = parsed.GetValue(_rate),
            CriticalLane = policy.CriticalLane ?? "",
            Seed = parsed.GetValue(_run.Seed),
        };
        return await new Play(run, client, $"A day of {run.Settings.Coop}/{run.Settings.Class}", DayPlan.Hour).RunAsync(plan.Build(), policy, stop);
    });
}
