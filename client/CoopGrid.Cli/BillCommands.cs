using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary><c>bill projected</c>.</summary>
internal sealed class BillCommands(Door door)
{
    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _member = new("MEMBER") { Description = "The member." };

    public Command All => new("bill", "Bills.")
    {
        door.Bind(new Command("projected", "The member's bill as if its epoch ended now.") { _coop, _member }, ProjectedAsync),
    };

    private async Task<int> ProjectedAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        Bill bill = await client.Billing.GetProjectedBillAsync(parsed.GetValue(_coop)!, parsed.GetValue(_member)!, stop);
        door.Print(parsed, bill, () => Print(bill));
        return ExitCode.Ok;
    }

    private static void Print(Bill bill)
    {
        AnsiConsole.MarkupLineInterpolated($"[bold]{bill.Coop}/{bill.Member}[/], projected");
        Sheet.Print(
            ("class", bill.Class),
            ("epoch", $"{bill.Epoch}: {Sheet.Time(bill.StartUnixMs)} to {Sheet.Time(bill.EndUnixMs)}"));
        var table = new Table().AddColumns("line", "for", "policy", "credits");
        foreach (BillLine line in bill.Lines)
            table.AddRow(line.KindCase.ToString().ToLowerInvariant(), Reason(line), Sheet.Number(line.PolicyVersion), Sheet.Credits(line.AmountMicroCredits));
        table.AddRow("total", "", "", Sheet.Credits(bill.TotalMicroCredits));
        AnsiConsole.Write(table);
    }

    private static string Reason(BillLine line) => line.KindCase switch
    {
        BillLine.KindOneofCase.Fixed =>
            $"{Sheet.Credits(line.Fixed.FixedFeeMicroCredits)} for {line.Fixed.EnrolledSlices} of {line.Fixed.Slices} slices",
        BillLine.KindOneofCase.Overage =>
            $"{Sheet.Number(line.Overage.Units)} units over {Sheet.Thousandths(line.Overage.ComfortPermille)} of the mean "
            + $"{line.Overage.MeanUsageUnits}/{line.Overage.MeanMemberSlices} in {line.Overage.EnrolledSlices} slices, at {Sheet.Credits(line.Overage.RateMicroCredits)}",
        BillLine.KindOneofCase.Surcharge =>
            string.Join(", ", line.Surcharge.Surged.Select(group => $"{Sheet.Number(group.Units)} units at {Sheet.Multiplier(group.MultiplierPermille)}"))
            + $", at {Sheet.Credits(line.Surcharge.RateMicroCredits)}",
        _ => "",
    };
}
