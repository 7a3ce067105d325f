using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary><c>class show | watch | policy | history | prices</c>.</summary>
internal sealed class ClassCommands(Door door)
{
    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _class = new("CLASS") { Description = "The customer class." };
    private readonly Option<long> _from = new("--from") { Description = "First control period wanted." };
    private readonly Option<int> _limit = new("--limit") { Description = "How many rows at most; 0 = all." };

    public Command All => new("class", "Customer classes.")
    {
        door.Bind(new Command("show", "The class as it stands.") { _coop, _class }, ShowAsync),
        door.Bind(new Command("watch", "The class whenever it changes, until Ctrl-C.") { _coop, _class }, WatchAsync),
        door.Bind(new Command("policy", "The policy in force and the next. It changes by a vote: coopgrid proposal make.") { _coop, _class }, PolicyAsync),
        door.Bind(new Command("history", "Every version of the policy, with the vote behind it.") { _coop, _class }, HistoryAsync),
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
        ClassPolicyReply reply = await client.Classes.GetPolicyAsync(parsed.GetValue(_coop)!, parsed.GetValue(_class)!, stop);
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

    private async Task<int> HistoryAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        PolicyHistory history = await client.Governance.GetPolicyHistoryAsync(parsed.GetValue(_coop)!, parsed.GetValue(_class)!, stop);
        door.Print(parsed, history, () =>
        {
            var table = new Table().AddColumns("version", "from", "by", "votes");
            foreach (PolicyVersion version in history.Versions)
                table.AddRow(Sheet.Number(version.Version), Sheet.Time(version.EffectiveUnixMs), ProposalSheet.By(version.Origin), ProposalSheet.Votes(version.Origin));
            AnsiConsole.Write(table);
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
