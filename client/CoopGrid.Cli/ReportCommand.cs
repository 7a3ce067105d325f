using System.CommandLine;
using System.Globalization;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;

namespace CoopGrid.Cli;

/// <summary><c>report</c>: one report of a meter.</summary>
internal sealed class ReportCommand(Door door)
{
    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _meter = new("METER") { Description = "The meter." };
    private readonly Argument<long> _sequence = new("SEQUENCE") { Description = "1 for the meter's first report, one more with each." };
    private readonly Argument<string[]> _slices = new("SLICE=UNITS")
    {
        Description = "Usage by finished slice, ascending.",
        Arity = ArgumentArity.OneOrMore,
    };

    public Command All => door.Bind(new Command("report", "Report a meter's usage in finished slices.") { _coop, _meter, _sequence, _slices }, ReportAsync);

    private async Task<int> ReportAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new ReportUsageRequest
        {
            Coop = parsed.GetValue(_coop)!,
            Meter = parsed.GetValue(_meter)!,
            Sequence = parsed.GetValue(_sequence),
        };
        request.Slices.AddRange(parsed.GetValue(_slices)!.Select(Slice));
        ReportUsageReply reply = await client.Metering.ReportAsync(request, stop);
        door.Print(parsed, reply, () => Sheet.Print(
            ("outcome", Wire.Name(reply.Outcome)),
            ("reason", reply.Reason),
            ("units", Sheet.Number(reply.Units)),
            ("baseline", Sheet.Number(reply.BaselineUnits)),
            ("banked", reply.BankedUnits == 0 ? "" : Sheet.Number(reply.BankedUnits)),
            ("surged", Sheet.Number(reply.SurgedUnits)),
            ("window usage", Sheet.Number(reply.WindowUsageUnits)),
            ("next sequence", Sheet.Number(reply.ExpectedSequence))));
        return ExitCode.Of(reply.Outcome);
    }

    private static SliceUsage Slice(string text)
    {
        string[] parts = text.Split('=');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long slice)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long units)
            ? new SliceUsage { Slice = slice, Units = units }
            : throw new UsageException($"{text}: must be slice=units, both whole numbers.");
    }
}
