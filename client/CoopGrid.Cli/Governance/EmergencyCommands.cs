using System.CommandLine;
using System.Globalization;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary><c>emergency suspend | cap | guarantee | lift | list</c>.</summary>
internal sealed class EmergencyCommands(Door door)
{
    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _member = new("MEMBER") { Description = "The member." };
    private readonly Argument<string> _class = new("CLASS") { Description = "The customer class." };
    private readonly Argument<string> _lane = new("LANE") { Description = "The lane." };
    private readonly Argument<int> _permille = new("PERMILLE") { Description = "In per-mille." };
    private readonly Argument<int> _number = new("NUMBER") { Description = "The action's number." };
    private readonly Option<string> _by = new("--by") { Description = "The operator.", Required = true };
    private readonly Option<string> _reason = new("--reason") { Description = "Why; published.", Required = true };
    private readonly Option<string> _until = new("--until") { Description = "When it lapses by itself: a moment such as 2027-01-15T08:00Z.", Required = true };

    public Command All => new("emergency", "What an operator may do alone; all of it is published, and lapses by itself.")
    {
        Declare("suspend", "Refuse a member's requests.", (p, request) => request.SuspendMember = new() { Member = p.GetValue(_member)! }, _member),
        Declare("cap", "Cap a class's multiplier lower than members voted.",
            (p, request) => request.LowerCap = new() { Class = p.GetValue(_class)!, CapPermille = p.GetValue(_permille) }, _class, _permille),
        Declare("guarantee", "Raise a lane's guarantee above what members voted.",
            (p, request) => request.RaiseGuarantee = new() { Class = p.GetValue(_class)!, Lane = p.GetValue(_lane)!, GuaranteedPermille = p.GetValue(_permille) },
            _class, _lane, _permille),
        door.Bind(new Command("lift", "End an action before it lapses.") { _coop, _number, _by, _reason }, LiftAsync),
        door.Bind(new Command("list", "Every action, with its reason.") { _coop }, ListAsync),
    };

    private Command Declare(string name, string what, Action<ParseResult, DeclareEmergencyRequest> set, params Argument[] more)
    {
        var command = new Command(name, what) { _coop };
        foreach (Argument argument in more) command.Add(argument);
        command.Add(_by);
        command.Add(_reason);
        command.Add(_until);
        return door.Bind(command, async (client, parsed, stop) =>
        {
            var request = new DeclareEmergencyRequest
            {
                Coop = parsed.GetValue(_coop)!,
                By = parsed.GetValue(_by)!,
                AsOperator = true,
                Reason = parsed.GetValue(_reason)!,
                EndsUnixMs = Moment(parsed.GetValue(_until)!),
            };
            set(parsed, request);
            return Tell(parsed, await client.Governance.DeclareEmergencyAsync(request, stop));
        });
    }

    private async Task<int> LiftAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop) => Tell(parsed, await client.Governance.LiftEmergencyAsync(
        new()
        {
            Coop = parsed.GetValue(_coop)!,
            Number = parsed.GetValue(_number),
            By = parsed.GetValue(_by)!,
            AsOperator = true,
            Reason = parsed.GetValue(_reason)!,
        },
        stop));

    private async Task<int> ListAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        await foreach (EmergencyAction action in client.Governance.ListEmergenciesAsync(parsed.GetValue(_coop)!, stop: stop))
        {
            string state = action.InForce ? "IN FORCE" : action.LiftedUnixMs != 0 ? "LIFTED" : "LAPSED";
            door.Print(parsed, action, () => Console.Out.WriteLine(
                $"{action.Number}\t{state}\t{What(action)}\tuntil {Sheet.Time(action.EndsUnixMs)}\tby {action.DeclaredBy}\t{action.Reason}"));
        }

        return ExitCode.Ok;
    }

    private int Tell(ParseResult parsed, EmergencyReply reply)
    {
        int code = ExitCode.Of(reply.Outcome);
        door.Print(parsed, reply, () =>
        {
            string colour = code == ExitCode.Ok ? "green" : "red";
            AnsiConsole.MarkupLineInterpolated($"[{colour}]{Wire.Name(reply.Outcome)}[/] {reply.Reason}");
            if (reply.Action is not { } action) return;
            Sheet.Print(
                ("number", Sheet.Number(action.Number)),
                ("action", What(action)),
                ("reason", action.Reason),
                ("declared", $"{Sheet.Time(action.DeclaredUnixMs)} by {action.DeclaredBy}"),
                ("until", Sheet.Time(action.EndsUnixMs)),
                ("lifted", action.LiftedUnixMs == 0 ? "" : $"{Sheet.Time(action.LiftedUnixMs)} by {action.LiftedBy}: {action.LiftReason}"));
        });
        return code;
    }

    private static string What(EmergencyAction action) => action.ActionCase switch
    {
        EmergencyAction.ActionOneofCase.SuspendMember => $"suspend {action.SuspendMember.Member}",
        EmergencyAction.ActionOneofCase.LowerCap => $"cap {action.LowerCap.Class} at {action.LowerCap.CapPermille} ‰",
        EmergencyAction.ActionOneofCase.RaiseGuarantee => $"guarantee {action.RaiseGuarantee.Class}/{action.RaiseGuarantee.Lane} {action.RaiseGuarantee.GuaranteedPermille} ‰",
        _ => "of a kind that this version does not know",
    };

    private static long Moment(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment)
            ? moment.ToUnixTimeMilliseconds()
            : throw new UsageException($"--until {text}: not a moment such as 2027-01-15T08:00Z.");
}
