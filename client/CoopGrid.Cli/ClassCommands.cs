using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary><c>class show | watch | policy | prices</c>.</summary>
internal sealed class ClassCommands(Door door)
{
    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _class = new("CLASS") { Description = "The customer class." };
    private readonly Option<string> _set = new("--set") { Description = "Replace the policy by this JSON file, from the next slice boundary on." };
    private readonly Option<int> _basedOn = new("--based-on") { Description = "The newest version seen; with --set. Default: what the grid says now." };
    private readonly Option<long> _from = new("--from") { Description = "First control period wanted." };
    private readonly Option<int> _limit = new("--limit") { Description = "How many rows at most; 0 = all." };

    public Command All => new("class", "Customer classes.")
    {
        door.Bind(new Command("show", "The class as it stands.") { _coop, _class }, ShowAsync),
        door.Bind(new Command("watch", "The class whenever it changes, until Ctrl-C.") { _coop, _class }, WatchAsync),
        door.Bind(new Command("policy", "The policy in force and the next; or sets it.") { _coop, _class, _set, _basedOn }, PolicyAsync),
        door.Bind(new Command("prices", "The price of every control period.") { _coop, _class, _from, _limit }, PricesAsync),
    };

    private async Task<int> ShowAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        ClassState state = await client.Classes.GetStateAsync(parsed.GetValue(_coop)!, parsed.GetValue(_class)!, stop);
        door.Print(parsed, state, () => Print(state));
        return ExitCode.Ok;
    }

    private async Task<int> WatchAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        await foreach (ClassState state in client.Classes.WatchAsync(parsed.GetValue(_coop)!, parsed.GetValue(_class)!, stop))
        {
            door.Print(parsed, state, () => AnsiConsole.WriteLine(
                $"{Sheet.Time(state.AtUnixMs)}  S {Sheet.Number(state.UsageUnits)}  N {Sheet.Number(state.Members)}  "
                + $"mean {Sheet.Thousandths(state.MeanMilliunits)}  {Sheet.Multiplier(state.MultiplierPermille)}  "
                + string.Join("  ", state.Lanes.Select(l => $"{l.Lane} {Sheet.Number(l.AdmittedUnits)}/{Sheet.Number(l.DemandUnits)}"))));
        }

        return ExitCode.Ok;
    }

    private async Task<int> PolicyAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        string coop = parsed.GetValue(_coop)!, name = parsed.GetValue(_class)!;
        ClassPolicyReply reply = await client.Classes.GetPolicyAsync(coop, name, stop);
        if (parsed.GetValue(_set) is { } file)
        {
            if (!File.Exists(file)) throw new UsageException($"--set {file}: no such file.");
            int seen = parsed.GetValue(_basedOn);
            reply = await client.Classes.SetPolicyAsync(new()
            {
                Coop = coop,
                Class = name,
                BasedOnVersion = seen != 0 ? seen : Math.Max(reply.Version, reply.NextVersion),
                PolicyJson = await File.ReadAllTextAsync(file, stop),
            }, stop);
        }

        door.Print(parsed, reply, () =>
        {
            Sheet.Print(("version", Sheet.Number(reply.Version)));
            Console.Out.WriteLine(reply.PolicyJson);
            if (reply.NextVersion == 0) return;
            Sheet.Print(("next version", Sheet.Number(reply.NextVersion)), ("from", Sheet.Time(reply.NextEffectiveUnixMs)));
            Console.Out.WriteLine(reply.NextPolicyJson);
        });
        return ExitCode.Ok;
    }

    private async Task<int> PricesAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new GetPriceHistoryRequest
        {
            Coop = parsed.GetValue(_coop)!,
            Class = parsed.GetValue(_class)!,
            FromPeriod = parsed.GetValue(_from),
            Limit = parsed.GetValue(_limit),
        };
        if (!parsed.GetValue(door.Json)) Console.Out.WriteLine("period count D T K x cap tou surge multiplier");
        await foreach (PricePeriod p in client.Classes.GetPriceHistoryAsync(request, stop))
        {
            door.Print(parsed, p, () => Console.Out.WriteLine(
                $"{p.Period} {p.Count} {p.DemandUnits} {p.TargetUnits} {p.KUnits} {p.XUnits} {p.CapPermille} {p.TouPermille} {p.SurgePermille} {p.MultiplierPermille}"));
        }

        return ExitCode.Ok;
    }

    private static void Print(ClassState state)
    {
        Sheet.Print(
            ("class", $"{state.Coop}/{state.Class}"),
            ("S", Sheet.Number(state.UsageUnits)),
            ("N", Sheet.Number(state.Members)),
            ("mean", Sheet.Thousandths(state.MeanMilliunits)),
            ("multiplier", $"{Sheet.Multiplier(state.MultiplierPermille)} (surge {Sheet.Multiplier(state.SurgePermille)}, time of use {Sheet.Multiplier(state.TouPermille)})"),
            ("capacity", $"{Sheet.Number(state.CapacityUnitsPerSecond)} units/s, burst {Sheet.Number(state.BurstUnits)}"),
            ("policy version", Sheet.Number(state.PolicyVersion)),
            ("slice", Sheet.Number(state.Slice)),
            ("said at", Sheet.Time(state.AtUnixMs)));
        var table = new Table().AddColumns("lane", "demand", "admitted", "refused");
        foreach (LaneCounts lane in state.Lanes)
            table.AddRow(lane.Lane, Sheet.Number(lane.DemandUnits), Sheet.Number(lane.AdmittedUnits), Sheet.Number(lane.RefusedUnits));
        AnsiConsole.Write(table);
    }
}
