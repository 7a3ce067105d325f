using System.CommandLine;
using System.Globalization;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Cli;

/// <summary><c>credit</c>: a refund or a payment.</summary>
internal sealed class CreditCommand(Door door)
{
    private const decimal PerCredit = 1_000_000;

    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _member = new("MEMBER") { Description = "Whose account gains it." };
    private readonly Argument<string> _amount = new("AMOUNT") { Description = "In credits, with up to six decimals." };
    private readonly Option<string> _source = new("--source") { Description = "payment or refund.", Required = true };
    private readonly Option<string> _reason = new("--reason") { Description = "Why; the member will read it on the bill.", Required = true };
    private readonly Option<string> _key = new("--key", "-k") { Description = "Names this credit: a repeat with it posts nothing again. A new one if left out." };

    public Command All => door.Bind(
        new Command("credit", "Post a payment or a refund; it stands on the member's next bill.") { _coop, _member, _amount, _source, _reason, _key }, CreditAsync);

    private async Task<int> CreditAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new PostCreditRequest
        {
            Coop = parsed.GetValue(_coop)!,
            Member = parsed.GetValue(_member)!,
            MicroCredits = Amount(parsed.GetValue(_amount)!),
            Source = parsed.GetValue(_source) switch
            {
                "payment" => CreditSource.Payment,
                "refund" => CreditSource.Refund,
                var other => throw new UsageException($"--source {other}: must be payment or refund."),
            },
            Reason = parsed.GetValue(_reason)!,
            Key = parsed.GetValue(_key) ?? Guid.NewGuid().ToString("N"),
        };
        PostCreditReply reply = await PostAsync(client, request, stop);
        door.Print(parsed, reply, () => Sheet.Print(
            ("entry", Sheet.Number(reply.Entry)),
            ("posted", reply.Replayed ? "before; nothing was posted again" : "now"),
            ("key", request.Key),
            ("balance", Sheet.Money(reply.BalanceMicroCredits))));
        return ExitCode.Ok;
    }

    private async Task<PostCreditReply> PostAsync(CoopGridClient client, PostCreditRequest request, CancellationToken stop)
    {
        try
        {
            return await client.Billing.PostCreditAsync(request, stop);
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled)
        {
            door.Error($"Whether it is posted is not known. Ask again with --key {request.Key}: it is not posted twice.");
            throw;
        }
    }

    internal static long Amount(string text)
    {
        bool isNumber = decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal credits);
        bool isAmount = isNumber && credits is > 0 and <= 1_000_000_000 && decimal.IsInteger(credits * PerCredit);
        return isAmount ? (long)(credits * PerCredit) : throw new UsageException($"{text}: must be an amount above 0 with up to six decimals, at most 1000000000.");
    }
}
