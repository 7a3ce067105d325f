using System.CommandLine;
using CoopGrid.Client;
using CoopGrid.LoadTest.Bills;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Commands;

/// <summary><c>bills</c>: how the bills of a closed epoch are spread.</summary>
internal sealed class BillsCommand
{
    private static readonly TimeSpan BooksFor = TimeSpan.FromMinutes(1);

    private readonly Option<string> _address = new("--address", "-a") { Description = "Where the grid listens; several silos separated by commas.", DefaultValueFactory = _ => CoopGridOptions.DefaultAddress.ToString() };
    private readonly Option<string> _coop = new("--coop") { Description = "The co-op.", DefaultValueFactory = _ => "messaging" };
    private readonly Option<string> _class = new("--class") { Description = "The customer class.", DefaultValueFactory = _ => "people" };
    private readonly Option<long?> _epoch = new("--epoch") { Description = "Which epoch; default: the one that was closed last." };
    private readonly Option<string> _out = new("--out") { Description = "The result file; default: loadtest-results/bills-<time>.json." };

    public Command Build()
    {
        var command = new Command("bills", "How the bills of a closed epoch are spread, held against the books. Exit code 1 if they differ.")
        {
            _address, _coop, _class, _epoch, _out,
        };
        command.SetAction((parsed, stop) => Guard.RunAsync(() => RunAsync(parsed, stop)));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken stop)
    {
        DateTimeOffset startedAt = TimeProvider.System.GetUtcNow();
        (string coop, string name) = (parsed.GetValue(_coop)!, parsed.GetValue(_class)!);
        using var client = new CoopGridClient(CoopGridOptions.For(parsed.GetValue(_address)!) with { BooksDeadline = BooksFor });
        var epochs = new ClosedEpochs(client, coop, name, TimeProvider.System);
        ClosingReply closed = await epochs.FindAsync(parsed.GetValue(_epoch), stop);
        var result = new BillsResult
        {
            Command = string.Join(' ', parsed.Tokens.Select(token => token.Value)),
            StartedAt = startedAt.ToString("O"),
            Coop = coop,
            Class = name,
            Epochs = await epochs.ReadAsync(closed, closed.EndUnixMs - 1, stop),
        };
        return BillsReport.End(result, parsed.GetValue(_out) ?? Path.Combine("loadtest-results", $"bills-{startedAt:yyyyMMdd-HHmmss}.json"));
    }
}
