using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary><c>member enroll | show | list | suspend | resume | exit | bind | entitle | meter</c>.</summary>
internal sealed class MemberCommands(Door door)
{
    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _member = new("MEMBER") { Description = "The member." };
    private readonly Argument<string> _class = new("CLASS") { Description = "The customer class." };
    private readonly Argument<string[]> _members = new("MEMBER") { Description = "One or more members.", Arity = ArgumentArity.OneOrMore };
    private readonly Argument<string> _sender = new("SENDER") { Description = "The address." };
    private readonly Argument<string> _lane = new("LANE") { Description = "The lane." };
    private readonly Argument<string> _meter = new("METER") { Description = "The meter." };
    private readonly Option<string> _onlyClass = new("--class") { Description = "Only this class.", DefaultValueFactory = _ => "" };
    private readonly Option<string> _reason = new("--reason") { Description = "Why; kept with the account.", DefaultValueFactory = _ => "" };
    private readonly Option<bool> _take = new("--remove") { Description = "Take it away instead." };

    public Command All => new("member", "Accounts.")
    {
        door.Bind(new Command("enroll", "Make members of a class.") { _coop, _class, _members }, EnrollAsync),
        One("show", "One member as it stands.", (c, p, stop) => c.Members.GetAsync(Coop(p), Name(p), stop)),
        door.Bind(new Command("list", "Members in the order of their names.") { _coop, _onlyClass }, ListAsync),
        One("suspend", "End a member's admission.", (c, p, stop) => SuspendAsync(c, p, true, stop), _reason),
        One("resume", "Resume a member's admission.", (c, p, stop) => SuspendAsync(c, p, false, stop), _reason),
        door.Bind(new Command("exit", "End a membership for good, with its final bill.") { _coop, _member, _reason }, ExitAsync),
        One("bind", "Bind an address to a member.", BindAsync, _sender, _take),
        One("entitle", "Give the right to use a lane.", (c, p, stop) => c.Members.EntitleAsync(
            new() { Coop = Coop(p), Member = Name(p), Lane = p.GetValue(_lane)!, Entitled = !p.GetValue(_take) }, stop), _lane, _take),
        One("meter", "Register a meter of a member.", (c, p, stop) => c.Members.RegisterMeterAsync(
            new() { Coop = Coop(p), Member = Name(p), Meter = p.GetValue(_meter)! }, stop), _meter),
    };

    private string Coop(ParseResult parsed) => parsed.GetValue(_coop)!;

    private string Name(ParseResult parsed) => parsed.GetValue(_member)!;

    /// <summary>A command about one member, which is shown afterwards.</summary>
    private Command One(string name, string what, Func<CoopGridClient, ParseResult, CancellationToken, Task<Member>> deed, params Symbol[] more)
    {
        var command = new Command(name, what) { _coop, _member };
        foreach (Symbol symbol in more)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        return door.Bind(command, async (client, parsed, stop) =>
        {
            Member member = await deed(client, parsed, stop);
            door.Print(parsed, member, () => Print(member));
            return ExitCode.Ok;
        });
    }

    private async Task<int> EnrollAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new EnrollBatchRequest { Coop = Coop(parsed), Class = parsed.GetValue(_class)! };
        request.Members.AddRange(parsed.GetValue(_members)!);
        EnrollBatchReply reply = await client.Members.EnrollBatchAsync(request, stop);
        door.Print(parsed, reply, () => Sheet.Print(("enrolled", Sheet.Number(reply.Enrolled)), ("known before", Sheet.Number(reply.Known))));
        return ExitCode.Ok;
    }

    private async Task<int> ListAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        await foreach (Member member in client.Members.ListAsync(Coop(parsed), parsed.GetValue(_onlyClass)!, 1000, stop))
        {
            door.Print(parsed, member, () => Console.Out.WriteLine(
                $"{member.Member_}\t{member.Class}\t{Wire.Name(member.Status)}\tu {member.WindowUsageUnits}\ttotal {member.TotalUnits}"));
        }

        return ExitCode.Ok;
    }

    private Task<Member> SuspendAsync(CoopGridClient client, ParseResult parsed, bool suspended, CancellationToken stop) =>
        client.Members.SuspendAsync(
            new() { Coop = Coop(parsed), Member = Name(parsed), Suspended = suspended, Reason = parsed.GetValue(_reason)! }, stop);

    private async Task<int> ExitAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        ExitReply reply = await client.Members.ExitAsync(new() { Coop = Coop(parsed), Member = Name(parsed), Reason = parsed.GetValue(_reason)! }, stop);
        door.Print(parsed, reply, () =>
        {
            Print(reply.Member);
            Sheet.Print(("final bill", reply.BillNumber == 0 ? "none yet" : $"{reply.BillNumber}: coopgrid bill show {reply.Member.Coop} {reply.BillNumber}"));
        });
        return ExitCode.Ok;
    }

    private Task<Member> BindAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new BindSenderRequest { Coop = Coop(parsed), Member = Name(parsed), Sender = parsed.GetValue(_sender)! };
        return parsed.GetValue(_take) ? client.Members.UnbindSenderAsync(request, stop) : client.Members.BindSenderAsync(request, stop);
    }

    private static string Shown(Bank bank) =>
        $"{Sheet.Number(bank.Held)} held = {Sheet.Number(bank.Saved)} saved - {Sheet.Number(bank.Spent)} spent - {Sheet.Number(bank.Decayed)} decayed";

    private static void Print(Member member)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]{member.Coop}/{member.Member_}[/]");
        Bank? bank = member.Bank;
        Sheet.Print(
            ("class", member.Class),
            ("status", Wire.Name(member.Status)),
            ("window usage", Sheet.Number(member.WindowUsageUnits)),
            ("baseline left", Sheet.Number(member.BaselineRemainingUnits)),
            ("bank", bank is null ? "" : Shown(bank)),
            ("reserved", member.Reservation is { } running
                ? $"{Sheet.Number(running.UnitsPerSecond)} units/s until {Sheet.Time(running.EndsUnixMs)}, {Sheet.Number(running.UsableUnits)} at once now"
                : ""),
            ("total units", Sheet.Number(member.TotalUnits)),
            ("entitled to", string.Join(", ", member.Entitlements)),
            ("senders", string.Join(", ", member.Senders)),
            ("enrolled", Sheet.Time(member.EnrolledUnixMs)),
            ("changes", Sheet.Number(member.Sequence)));
    }
}
