using System.CommandLine;
using System.Globalization;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;
using Spectre.Console;

namespace CoopGrid.Cli;

/// <summary><c>proposal make | show | list | vote | cancel | queue | execute | rules</c>.</summary>
internal sealed class ProposalCommands(Door door)
{
    private readonly Argument<string> _coop = new("COOP") { Description = "The co-op." };
    private readonly Argument<string> _id = new("PROPOSAL") { Description = "The proposal's id." };
    private readonly Argument<string> _title = new("TITLE") { Description = "What it is about, in a line." };
    private readonly Argument<string> _member = new("MEMBER") { Description = "Who votes." };
    private readonly Argument<string> _choice = new("CHOICE") { Description = "for, against or abstain." };
    private readonly Option<string> _newId = new("--id") { Description = "The proposal's id; the moment and four random letters if left out." };
    private readonly Option<string> _by = new("--by") { Description = "Who does it: a member, or an operator.", Required = true };
    private readonly Option<bool> _operator = new("--operator") { Description = "Act as an operator." };
    private readonly Option<string> _why = new("--why") { Description = "For voters.", Required = true };
    private readonly Option<string> _reason = new("--reason") { Description = "Why; published.", Required = true };
    private readonly Option<string> _class = new("--class") { Description = "The class whose policy shall change; with --policy." };
    private readonly Option<string> _policy = new("--policy") { Description = "The whole policy as it shall be, a JSON file." };
    private readonly Option<string> _rules = new("--rules") { Description = "The rules of voting as they shall be, a JSON file." };
    private readonly Option<string> _spend = new("--spend") { Description = "Spend so many credits of the commons, with up to six decimals; with --to." };
    private readonly Option<string> _to = new("--to") { Description = "Who gets it." };
    private readonly Option<bool> _toMember = new("--member") { Description = "It is a member: its account gains it." };
    private readonly Option<int> _basedOn = new("--based-on") { Description = "The newest version seen. Default: what the grid says now." };

    public Command All => new("proposal", "What members decide.")
    {
        door.Bind(new Command("make", "Propose another policy of a class, other rules of voting, or a spending of the commons.")
        {
            _coop, _title, _by, _operator, _why, _class, _policy, _rules, _spend, _to, _toMember, _basedOn, _newId,
        }, MakeAsync),
        door.Bind(new Command("show", "One proposal as it stands, with what it changes.") { _coop, _id }, ShowAsync),
        door.Bind(new Command("list", "Proposals in the order of their ids.") { _coop }, ListAsync),
        One("vote", "Cast a member's one vote.", VoteAsync, _member, _choice),
        One("cancel", "Cancel a proposal that is not executed yet.", (c, p, stop) => c.Governance.CancelAsync(
            new() { Coop = Coop(p), Id = Id(p), By = p.GetValue(_by)!, AsOperator = p.GetValue(_operator), Reason = p.GetValue(_reason)! }, stop), _by, _operator, _reason),
        One("queue", "Begin the timelock of a proposal that is won.", (c, p, stop) => c.Governance.QueueAsync(
            new() { Coop = Coop(p), Id = Id(p), By = p.GetValue(_by)! }, stop), _by),
        One("execute", "Execute a queued proposal after its timelock.", (c, p, stop) => c.Governance.ExecuteAsync(
            new() { Coop = Coop(p), Id = Id(p), By = p.GetValue(_by)! }, stop), _by),
        door.Bind(new Command("rules", "The rules of voting, with the vote behind them.") { _coop }, RulesAsync),
    };

    private string Coop(ParseResult parsed) => parsed.GetValue(_coop)!;

    private string Id(ParseResult parsed) => parsed.GetValue(_id)!;

    /// <summary>A command about one proposal, which is shown afterwards.</summary>
    private Command One(string name, string what, Func<CoopGridClient, ParseResult, CancellationToken, Task<ProposalReply>> deed, params Symbol[] more)
    {
        var command = new Command(name, what) { _coop, _id };
        foreach (Symbol symbol in more)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }

        return door.Bind(command, async (client, parsed, stop) => Tell(parsed, await deed(client, parsed, stop)));
    }

    private async Task<int> MakeAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        var request = new ProposeRequest
        {
            Coop = Coop(parsed),
            Id = parsed.GetValue(_newId) ?? NewId(),
            By = parsed.GetValue(_by)!,
            AsOperator = parsed.GetValue(_operator),
            Title = parsed.GetValue(_title)!,
            Why = parsed.GetValue(_why)!,
        };
        (string? name, string? policy, string? rules) = (parsed.GetValue(_class), parsed.GetValue(_policy), parsed.GetValue(_rules));
        int seen = parsed.GetValue(_basedOn);
        (string? spend, string? to) = (parsed.GetValue(_spend), parsed.GetValue(_to));
        bool changes = name is not null || policy is not null || rules is not null;
        if (spend is not null && to is not null && !changes)
        {
            request.CommonsSpending = new() { Recipient = to, MicroCredits = CreditCommand.Amount(spend), ToMember = parsed.GetValue(_toMember) };
        }
        else if (spend is not null || to is not null)
        {
            throw new UsageException("Give --spend with --to, and nothing else that shall change.");
        }
        else if (name is not null && policy is not null && rules is null)
        {
            string json = await TextOf(policy, "--policy", stop);
            if (seen == 0) seen = (await client.Governance.GetPolicyHistoryAsync(request.Coop, name, stop)).Versions[^1].Version;
            request.ClassPolicy = new() { Class = name, BasedOnVersion = seen, PolicyJson = json };
        }
        else if (name is null && policy is null && rules is not null)
        {
            string json = await TextOf(rules, "--rules", stop);
            if (seen == 0) seen = (await client.Governance.GetRulesAsync(request.Coop, stop)).Versions[^1].Version;
            request.Governance = new() { BasedOnVersion = seen, GovernanceJson = json };
        }
        else
        {
            throw new UsageException("Give --class with --policy, --rules alone, or --spend with --to: what shall change?");
        }

        return Tell(parsed, await client.Governance.ProposeAsync(request, stop));
    }

    private async Task<int> ShowAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        Proposal proposal = await client.Governance.GetAsync(Coop(parsed), Id(parsed), stop);
        door.Print(parsed, proposal, () => ProposalSheet.Print(proposal));
        return ExitCode.Ok;
    }

    private async Task<int> ListAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        await foreach (Proposal proposal in client.Governance.ListAsync(Coop(parsed), stop: stop))
        {
            door.Print(parsed, proposal, () => Console.Out.WriteLine(
                $"{proposal.Id}\t{Wire.Name(proposal.State)}\tends {Sheet.Time(proposal.VoteEndUnixMs)}\t{proposal.Title}"));
        }

        return ExitCode.Ok;
    }

    private Task<ProposalReply> VoteAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        string choice = parsed.GetValue(_choice)!;
        return client.Governance.VoteAsync(
            new()
            {
                Coop = Coop(parsed),
                Id = Id(parsed),
                Member = parsed.GetValue(_member)!,
                Choice = choice switch
                {
                    "for" => VoteChoice.For,
                    "against" => VoteChoice.Against,
                    "abstain" => VoteChoice.Abstain,
                    _ => throw new UsageException($"{choice}: must be for, against or abstain."),
                },
            },
            stop);
    }

    private async Task<int> RulesAsync(CoopGridClient client, ParseResult parsed, CancellationToken stop)
    {
        RulesHistory history = await client.Governance.GetRulesAsync(Coop(parsed), stop);
        door.Print(parsed, history, () =>
        {
            RulesVersion inForce = history.Versions[^1];
            Sheet.Print(
                ("version", Sheet.Number(inForce.Version)),
                ("by", ProposalSheet.By(inForce.Origin)),
                ("votes", ProposalSheet.Votes(inForce.Origin)),
                ("since", Sheet.Time(inForce.Origin.ExecutedUnixMs)));
            Console.Out.WriteLine(inForce.GovernanceJson);
        });
        return ExitCode.Ok;
    }

    private int Tell(ParseResult parsed, ProposalReply reply)
    {
        int code = ExitCode.Of(reply.Outcome);
        door.Print(parsed, reply, () =>
        {
            string colour = code == ExitCode.Ok ? "green" : "red";
            AnsiConsole.MarkupLineInterpolated($"[{colour}]{Wire.Name(reply.Outcome)}[/] {reply.Reason}");
            if (reply.Proposal is { } proposal) ProposalSheet.Print(proposal);
        });
        return code;
    }

    // Ids are listed in their order, so the moment comes first.
    private static string NewId() =>
        TimeProvider.System.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z-'", CultureInfo.InvariantCulture) + Guid.NewGuid().ToString("N")[..4];

    private static async Task<string> TextOf(string file, string option, CancellationToken stop) =>
        File.Exists(file) ? await File.ReadAllTextAsync(file, stop) : throw new UsageException($"{option} {file}: no such file.");
}
