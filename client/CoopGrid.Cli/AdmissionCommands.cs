using System.CommandLine;
using System.Globalization;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary><c>admit</c>, <c>quote</c> and <c>cancel</c>.</summary>
internal sealed class AdmissionCommands(Door door)
{
    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _who = new("MEMBER") { Description = "Who pays: the member, or a bound address with --sender." };
    private readonly Option<bool> _sender = new("--sender") { Description = "MEMBER is an address bound to a member." };
    private readonly Option<string> _lane = new("--lane") { Description = "The lane; default: the first standard one.", DefaultValueFactory = _ => "" };
    private readonly Option<long> _units = new("--units", "-u") { Description = "Plain units; 1 if nothing else is said." };
    private readonly Option<string[]> _dimensions = new("--dim", "-d") { Description = "A dimension as name=amount; may be repeated." };
    private readonly Option<string> _key = new("--key", "-k") { Description = "The idempotency key; a new one if left out." };
    private readonly Option<int> _maxMultiplier = new("--max-multiplier") { Description = "Refuse above this multiplier, per-mille." };
    private readonly Option<int?> _maxWait = new("--max-wait") { Description = "How long to wait for room, ms." };
    private readonly Option<DateTimeOffset?> _deferUntil = new("--defer-until") { Description = "Take a ticket for later, up to this time, if there is no room now." };
    private readonly Option<string> _ticket = new("--ticket", "-t") { Description = "A ticket from an earlier DEFERRED.", DefaultValueFactory = _ => "" };
    private readonly Option<bool> _relaxed = new("--relaxed") { Description = "Answer before it is on disk, where the class allows it." };

    public IEnumerable<Command> All =>
    [
        door.Bind(Question("admit", "Ask whether a message may be sent, and be charged for it."), AdmitAsync),
        door.Bind(Question("quote", "What admit would answer, without spending anything."), QuoteAsync),
        door.Bind(Cancel(), CancelAsync),
    ];

    private Command Question(string name, string what) =>
        new(name, what) { _coop, _who, _sender, _lane, _units, _dimensions, _key, _maxMultiplier, _maxWait, _deferUntil, _ticket, _relaxed };

    private Command Cancel() => new("cancel", "Give units of an admission back; --units is the total so far, all if left out.")
    {
        _coop, _who, _sender, _units, _key,
    };

    private async Task<int> AdmitAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop) =>
        Tell(parsed, await client.AdmitAsync(Request(parsed), stop));

    private async Task<int> QuoteAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop) =>
        Tell(parsed, await client.QuoteAsync(Request(parsed), stop));

    private async Task<int> CancelAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new CancelRequest
        {
            Coop = parsed.GetValue(_coop)!,
            Key = parsed.GetValue(_key) ?? throw new UsageException("--key is needed: the key of the admission."),
            Units = parsed.GetValue(_units),
        };
        if (parsed.GetValue(_sender)) request.Sender = parsed.GetValue(_who)!;
        else request.Member = parsed.GetValue(_who)!;
        CancelReply reply = await client.CancelAsync(request, stop);
        door.Print(parsed, reply, () => Sheet.Print(("returned units", Sheet.Number(reply.ReturnedUnits))));
        return ExitCode.Ok;
    }

    private AdmitRequest Request(ParseResult parsed)
    {
        var request = new AdmitRequest
        {
            Coop = parsed.GetValue(_coop)!,
            Lane = parsed.GetValue(_lane)!,
            Units = parsed.GetValue(_units),
            Key = parsed.GetValue(_key) ?? Guid.NewGuid().ToString("N"),
            DeferUntilUnixMs = parsed.GetValue(_deferUntil)?.ToUnixTimeMilliseconds() ?? 0,
            Ticket = parsed.GetValue(_ticket)!,
            MaxMultiplierPermille = parsed.GetValue(_maxMultiplier),
            Durability = parsed.GetValue(_relaxed) ? Durability.Relaxed : Durability.Durable,
        };
        if (parsed.GetValue(_sender)) request.Sender = parsed.GetValue(_who)!;
        else request.Member = parsed.GetValue(_who)!;
        if (parsed.GetValue(_maxWait) is { } wait) request.MaxWaitMs = wait;
        foreach (string dimension in parsed.GetValue(_dimensions) ?? [])
        {
            string[] parts = dimension.Split('=');
            if (parts.Length != 2 || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long amount))
                throw new UsageException($"--dim {dimension}: must be name=amount with a whole amount.");
            request.Dimensions[parts[0]] = amount;
        }

        if (request.Units == 0 && request.Dimensions.Count == 0) request.Units = 1;
        return request;
    }

    private int Tell(ParseResult parsed, AdmissionAnswer answer)
    {
        AdmitReply reply = answer.Reply;
        if (ExitCode.Of(reply.Outcome) == ExitCode.Failed)
        {
            door.Error($"{Wire.Name(reply.Outcome)}: {reply.Reason}");
            return ExitCode.Failed;
        }

        door.Print(parsed, reply, () =>
        {
            string colour = answer.IsAdmitted ? "green" : answer.IsDeferred ? "yellow" : "red";
            AnsiConsole.MarkupLineInterpolated($"[{colour}]{Wire.Name(reply.Outcome)}[/]{(reply.Replayed ? " (replayed: do not send again)" : "")}");
            Covered covered = reply.Covered ?? new Covered();
            Sheet.Print(
                ("reason", reply.Reason),
                ("units", Sheet.Number(reply.Units)),
                ("multiplier", reply.MultiplierPermille == 0 ? "" : Sheet.Multiplier(reply.MultiplierPermille)),
                ("covered", $"exempt {covered.Exempt}, reserved {covered.Reserved}, baseline {covered.Baseline}, banked {covered.Banked}, surged {covered.Surged}"),
                ("retry after", reply.RetryAfterMs == 0 ? "" : $"{reply.RetryAfterMs} ms"),
                ("ticket", reply.Ticket),
                ("good from", reply.NotBeforeUnixMs == 0 ? "" : $"{DateTimeOffset.FromUnixTimeMilliseconds(reply.NotBeforeUnixMs):u}"),
                ("window usage", Sheet.Number(reply.WindowUsageUnits)),
                ("baseline left", Sheet.Number(reply.BaselineRemainingUnits)),
                ("policy version", Sheet.Number(reply.PolicyVersion)));
        });
        return ExitCode.Of(reply.Outcome);
    }
}
