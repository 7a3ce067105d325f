using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Schedule;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>burst</c>: open-loop arrivals of steady members, a flash crowd, hogs and a critical trickle.</summary>
internal sealed class BurstCommand
{
    private static readonly BurstPlan Defaults = new();

    private readonly RunOptions _run = new();
    private readonly Option<int> _members = Number("--members", "Members, hogs included.", Defaults.Members);
    private readonly Option<double> _rate = Real("--rate", "Requests per second of all steady members together.", Defaults.Rate);
    private readonly Option<double> _seconds = Real("--seconds", "How long.", Defaults.Seconds);
    private readonly Option<long> _units = new("--units") { Description = "Units of each request.", DefaultValueFactory = _ => Defaults.Units };
    private readonly Option<ArrivalKind> _arrivals = new("--arrivals") { Description = "poisson or uniform.", DefaultValueFactory = _ => Defaults.Kind };
    private readonly Option<double> _height = Real("--crowd-height", "The flash crowd's peak as a multiple of --rate; 0 = none.", Defaults.CrowdHeight);
    private readonly Option<CrowdShape> _shape = new("--crowd-shape") { Description = "square, ramp or spike.", DefaultValueFactory = _ => Defaults.CrowdShape };
    private readonly Option<double> _at = Real("--crowd-at", "When the crowd comes, in seconds.", Defaults.CrowdAt);
    private readonly Option<double> _crowdSeconds = Real("--crowd-seconds", "How long it stays.", Defaults.CrowdSeconds);
    private readonly Option<int> _crowdMembers = Number("--crowd-members", "Members of the crowd.", Defaults.CrowdMembers);
    private readonly Option<int> _hogs = Number("--hogs", "How many of the members are hogs.", Defaults.Hogs);
    private readonly Option<double> _factor = Real("--hog-factor", "A hog's rate as a multiple of a steady member's.", Defaults.HogFactor);
    private readonly Option<double> _criticalRate = Real("--critical-rate", "Requests per second in the critical lane; 0 = none.", Defaults.CriticalRate);
    private readonly Option<string> _lane = new("--lane") { Description = "The lane of all others; default: the first standard one.", DefaultValueFactory = _ => "" };
    private readonly Option<string> _criticalLane = new("--critical-lane") { Description = "Default: the class's first critical lane." };
    private readonly Option<string> _prefix = new("--prefix") { Description = "Starts the members' names.", DefaultValueFactory = _ => Defaults.Prefix };

    public Command Build()
    {
        var command = new Command("burst", "Open-loop arrivals: steady members, a flash crowd, hogs, a critical trickle.")
        {
            _members, _rate, _seconds, _units, _arrivals, _height, _shape, _at, _crowdSeconds, _crowdMembers, _hogs, _factor,
            _criticalRate, _lane, _criticalLane, _prefix,
        };
        _run.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private Task<int> RunAsync(ParseResult parsed, CancellationToken stop) => Guard.RunAsync(async () =>
    {
        RunContext run = _run.Read(parsed);
        using CoopGridClient client = run.OpenClient();
        PolicyFacts policy = await PolicyFacts.ReadAsync(client, run.Settings.Coop, run.Settings.Class, stop);
        BurstPlan plan = Plan(parsed, policy);
        return await new Play(run, client, "burst").RunAsync(plan.Build(), policy, stop);
    });

    private BurstPlan Plan(ParseResult parsed, PolicyFacts policy)
    {
        string? critical = parsed.GetValue(_criticalLane) ?? policy.CriticalLane;
        return new BurstPlan
        {
            Members = parsed.GetValue(_members),
            Rate = parsed.GetValue(_rate),
            Seconds = parsed.GetValue(_seconds),
            Units = parsed.GetValue(_units),
            Kind = parsed.GetValue(_arrivals),
            CrowdHeight = parsed.GetValue(_height),
            CrowdShape = parsed.GetValue(_shape),
            CrowdAt = parsed.GetValue(_at),
            CrowdSeconds = parsed.GetValue(_crowdSeconds),
            CrowdMembers = parsed.GetValue(_height) > 0 ? parsed.GetValue(_crowdMembers) : 0,
            Hogs = parsed.GetValue(_hogs),
            HogFactor = parsed.GetValue(_factor),
            CriticalRate = parsed.GetValue(_criticalRate),
            CriticalMembers = critical is null || parsed.GetValue(_criticalRate) <= 0 ? 0 : Defaults.CriticalMembers,
            Lane = parsed.GetValue(_lane)!,
            CriticalLane = critical ?? "",
            Prefix = parsed.GetValue(_prefix)!,
            Seed = parsed.GetValue(_run.Seed),
        };
    }

    private static Option<int> Number(string name, string what, int value) => new(name) { Description = what, DefaultValueFactory = _ => value };

    private static Option<double> Real(string name, string what, double value) => new(name) { Description = what, DefaultValueFactory = _ => value };
}
