using System.CommandLine;
using System.Globalization;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary><c>bill list | show | projected | export | closing | balances</c>.</summary>
internal sealed class BillCommands(Door door)
{
    private const int Page = 1000;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _class = new("CLASS") { Description = "The customer class." };
    private readonly Argument<string> _whose = new("MEMBER") { Description = "The member." };
    private readonly Argument<long> _number = new("NUMBER") { Description = "The bill's number." };
    private readonly Argument<string> _account = new("MEMBER")
    {
        Description = "Whose account too.",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => "",
    };

    private readonly Option<string> _member = new("--member") { Description = "Only this member's.", DefaultValueFactory = _ => "" };
    private readonly Option<string> _onlyClass = new("--class") { Description = "Only this class's; with --epoch.", DefaultValueFactory = _ => "" };
    private readonly Option<long?> _epoch = new("--epoch") { Description = "The epoch's number." };
    private readonly Option<string> _format = new("--format") { Description = "json, or focus: CSV with the columns of FOCUS 1.2.", DefaultValueFactory = _ => "focus" };
    private readonly Option<string> _out = new("--out") { Description = "The file to write; default: standard output." };
    private readonly Option<bool> _watch = new("--watch") { Description = "Go on until the epoch is closed." };

    public Command All => new("bill", "Bills and the books.")
    {
        door.Bind(new Command("list", "Bills by number, or of one epoch by member.") { _coop, _member, _onlyClass, _epoch }, ListAsync),
        door.Bind(new Command("show", "One bill with its lines.") { _coop, _number }, ShowAsync),
        door.Bind(new Command("projected", "The member's bill as if its epoch ended now.") { _coop, _whose }, ProjectedAsync),
        door.Bind(new Command("export", "Bills as a file.") { _coop, _member, _onlyClass, _epoch, _format, _out }, ExportAsync),
        door.Bind(new Command("closing", "How far the closing of an epoch has come; default: the newest that has begun.") { _coop, _class, _epoch, _watch }, ClosingAsync),
        door.Bind(new Command("balances", "What the accounts hold.") { _coop, _account }, BalancesAsync),
    };

    private async Task<int> ListAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new ListBillsRequest { Coop = Coop(parsed), Member = parsed.GetValue(_member)!, Class = parsed.GetValue(_onlyClass)!, Limit = Page };
        if (parsed.GetValue(_epoch) is { } epoch) request.Epoch = epoch;
        do
        {
            ListBillsReply reply = await client.Billing.ListPageAsync(request, stop);
            foreach (Bill bill in reply.Bills)
            {
                door.Print(parsed, bill, () => Console.Out.WriteLine(
                    $"{bill.Number}\t{bill.Member}\t{bill.Class}#{bill.Epoch}\t{Sheet.Time(bill.StartUnixMs)}\t{Sheet.Money(bill.TotalMicroCredits)} {bill.Currency}"));
            }

            request.After = reply.Next;
        }
        while (request.After.Length > 0);
        return ExitCode.Ok;
    }

    private async Task<int> ShowAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        BillReply reply = await client.Billing.GetAsync(Coop(parsed), parsed.GetValue(_number), stop);
        if (parsed.GetValue(door.Json)) Console.Out.WriteLine(reply.Json);
        else Print(reply.Bill);
        return ExitCode.Ok;
    }

    private async Task<int> ProjectedAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        Bill bill = await client.Billing.GetProjectedBillAsync(Coop(parsed), parsed.GetValue(_whose)!, stop);
        door.Print(parsed, bill, () => Print(bill));
        return ExitCode.Ok;
    }

    private async Task<int> ExportAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new ExportBillsRequest
        {
            Coop = Coop(parsed),
            Member = parsed.GetValue(_member)!,
            Class = parsed.GetValue(_onlyClass)!,
            Format = parsed.GetValue(_format) switch
            {
                "json" => ExportFormat.Json,
                "focus" => ExportFormat.FocusCsv,
                var other => throw new UsageException($"--format {other}: must be json or focus."),
            },
        };
        if (parsed.GetValue(_epoch) is { } epoch) request.Epoch = epoch;
        if (parsed.GetValue(_out) is not { } path)
        {
            await WriteAsync(client, request, Console.OpenStandardOutput(), stop);
            return ExitCode.Ok;
        }

        // Under its own name only once it is whole.
        string part = path + ".part";
        await WriteAsync(client, request, File.Create(part), stop);
        File.Move(part, path, overwrite: true);
        return ExitCode.Ok;
    }

    private static async Task WriteAsync(CoopGridClient client, ExportBillsRequest request, Stream file, CancellationToken stop)
    {
        await using (file)
        {
            await foreach (ExportPart part in client.Billing.ExportAsync(request, stop)) await file.WriteAsync(part.Data.Memory, stop);
        }
    }

    private async Task<int> ClosingAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new GetClosingRequest { Coop = Coop(parsed), Class = parsed.GetValue(_class)! };
        if (parsed.GetValue(_epoch) is { } epoch) request.Epoch = epoch;
        using var timer = new PeriodicTimer(LookEvery, TimeProvider.System);
        while (true)
        {
            ClosingReply closing = await client.Billing.GetClosingAsync(request, stop);
            door.Print(parsed, closing, () => Print(closing));
            if (!parsed.GetValue(_watch) || closing.State == ClosingState.Closed) return ExitCode.Ok;
            await timer.WaitForNextTickAsync(stop);
        }
    }

    private async Task<int> BalancesAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        string member = parsed.GetValue(_account)!;
        BalancesReply reply = await client.Billing.GetBalancesAsync(Coop(parsed), member, stop);
        door.Print(parsed, reply, () => Sheet.Print(
            ("members", Sheet.Money(reply.MembersMicroCredits)),
            ("revenue", Sheet.Money(reply.RevenueMicroCredits)),
            ("payments", Sheet.Money(reply.PaymentsMicroCredits)),
            ("commons", Sheet.Money(reply.CommonsMicroCredits)),
            ("rounding", Sheet.Money(reply.RoundingMicroCredits)),
            ("last bill", Sheet.Number(reply.LastBill)),
            (member, member.Length == 0 ? "" : Sheet.Money(reply.MemberMicroCredits))));
        return ExitCode.Ok;
    }

    private string Coop(ParseResult parsed) => parsed.GetValue(_coop)!;

    private static void Print(Bill bill)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]{(bill.Number == 0 ? "Projected bill" : $"Bill {bill.Number}")}[/] of {bill.Coop}/{bill.Member}");
        Sheet.Print(
            ("class", bill.Class),
            ("epoch", $"{bill.Epoch}: {Sheet.Time(bill.StartUnixMs)} to {Sheet.Time(bill.EndUnixMs)}"),
            ("issued", Sheet.Time(bill.IssuedUnixMs)),
            ("charges", $"{Sheet.Money(bill.ChargesMicroCredits)} {bill.Currency}"),
            ("total", $"{Sheet.Money(bill.TotalMicroCredits)} {bill.Currency}"));
        var table = new Table().AddColumns("line", "for", "policy", "amount");
        foreach (BillLine line in bill.Lines)
        {
            string version = line.PolicyVersion.ToString(CultureInfo.InvariantCulture);
            table.AddRow(Wire.Name(line.Kind), Markup.Escape(line.Description), version, Sheet.Money(line.AmountMicroCredits));
        }

        AnsiConsole.Write(table);
    }

    private static void Print(ClosingReply closing) => Sheet.Print(
        ("class", $"{closing.Coop}/{closing.Class}"),
        ("epoch", $"{closing.Epoch}: {Sheet.Time(closing.StartUnixMs)} to {Sheet.Time(closing.EndUnixMs)}"),
        ("state", Wire.Name(closing.State)),
        ("billed", closing.MemberSlices == 0 ? "" : $"{Sheet.Share(closing.BilledMemberSlices, closing.MemberSlices)} of the members' time"),
        ("bills", Sheet.Number(closing.Bills)),
        ("units", $"{Sheet.Number(closing.BilledUnits)} of {Sheet.Number(closing.UsageUnits)}"),
        ("charges", Sheet.Money(closing.ChargesMicroCredits)),
        ("waits for", closing.WaitingFor),
        ("revenue", closing.RevenueMicroCredits.Length == 0 ? "" : Sheet.Money(closing.RevenueMicroCredits)),
        ("rounding", closing.State == ClosingState.Closed ? Sheet.Money(closing.RoundingMicroCredits) : ""),
        ("commons", closing.State == ClosingState.Closed ? Sheet.Money(closing.CommonsMicroCredits) : ""),
        ("decayed", closing.CommonsUnits == 0 ? "" : $"{Sheet.Number(closing.DecayedUnits)} units; the commons hold {Sheet.Number(closing.CommonsUnits)} of the class"));
}
