using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Governance;

/// <summary>
/// A proposal: the fold of its book. Decide, append, apply, answer; one whose append failed, or may have, goes, and its next activation reads the book.
/// What an executed one brings about is told its class or co-op before anybody is answered, and again by every activation.
/// </summary>
[GrainType("proposal")]
internal sealed class ProposalGrain(
    IEntryBooks books, IMemberDirectory directory, IBillStore bills, Credits credits, GridClock clock) : Grain, IProposalGrain
{
    // Each turn that is waited for is another proposal's execution, from its beginning to its end.
    private const int MostTurns = 16;

    private static readonly CurrentRules NoRules = new() { TimeZone = "UTC", Governance = new() };

    private ProposalId _id;
    private Proposal _proposal = new("");

    private ICoopGrain Coop => GrainFactory.GetGrain<ICoopGrain>(_id.Coop);

    private Instant Now => clock.Read().Now;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = ProposalId.Parse(this.GetPrimaryKeyString());
        _proposal = await ProposalBooks.ReadAsync(books, _id, cancellationToken);
        await BringAbout();
    }

    public async Task<ProposalAnswer> Propose(ProposalDraft draft, Caller by)
    {
        CurrentRules rules = await RulesFor(draft.Change);
        return await Record(ProposalRule.Propose(_proposal, draft, await ActorOf(by), rules, Now));
    }

    public async Task<ProposalAnswer> Vote(string member, VoteChoice choice)
    {
        Instant now = Now;
        Actor voter = await ActorOf(new(member, IsOperator: false));
        long electorate = _proposal.Electorate ?? 0;
        if (_proposal.Electorate is null && _proposal.StateAt(now) == ProposalState.Active)
            electorate = await directory.CountMembersAsync(_id.Coop, _proposal.Start.UnixMs, CancellationToken.None);
        return await Record(ProposalRule.Vote(_proposal, voter, choice, electorate, now));
    }

    public async Task<ProposalAnswer> Cancel(Caller by, string reason) =>
        await Record(ProposalRule.Cancel(_proposal, await ActorOf(by), reason, Now));

    public Task<ProposalAnswer> Queue(string by) => Record(ExecutionRule.Queue(_proposal, by, Now));

    public async Task<ProposalAnswer> Execute(string by)
    {
        // Who could not execute it takes no turn. One that is executed may not have been heard of by its class yet: this call is then the same one, repeated.
        ProposalDecision decision = await DecideExecution(by);
        if (decision.Outcome == ProposalOutcome.Unchanged) return await Finish(by);
        if (decision.Outcome != ProposalOutcome.Accepted) return await Record(decision);

        var mine = new ExecutionTurn(_id.Proposal, by);
        for (int i = 0; i < MostTurns; i++)
        {
            ExecutionTurn turn = await Coop.BeginExecution(mine);
            if (turn.Proposal == mine.Proposal) return await Finish(by);
            await GrainFactory.GetGrain<IProposalGrain>(new ProposalId(_id.Coop, turn.Proposal).ToString()).Finish(turn.By);
        }

        throw new TimeoutException($"Other proposals are being executed; {_id} had no turn.");
    }

    public async Task<ProposalAnswer> Finish(string by)
    {
        ProposalAnswer answer = await Record(await DecideExecution(by));
        await BringAbout();
        await Coop.EndExecution(_id.Proposal);
        return answer;
    }

    public ValueTask<ProposalView?> Get() => new(View());

    private async Task<ProposalDecision> DecideExecution(string by)
    {
        CurrentRules rules = _proposal.Exists ? await RulesFor(_proposal.Made.Draft.Change) : NoRules;
        return ExecutionRule.Execute(_proposal, by, rules, Now);
    }

    /// <summary>Appends what was decided, and only then lets it count.</summary>
    private async Task<ProposalAnswer> Record(ProposalDecision decision)
    {
        if (!decision.Entries.IsEmpty)
        {
            try
            {
                byte[][] entries = [.. decision.Entries.Select(ProposalEntryJson.Write)];
                if (!await books.AppendAsync(ProposalBooks.Of(_id), _proposal.Sequence, entries, CancellationToken.None))
                    throw new InvalidOperationException($"Another activation of proposal {_id} has written since this one read its book.");
            }
            catch
            {
                // Whether it was written is not known: this memory is of the past.
                DeactivateOnIdle();
                throw;
            }

            foreach (ProposalEntry entry in decision.Entries) _proposal.Apply(entry);
        }

        return Answer(decision.Outcome, decision.Reason);
    }

    /// <summary>Has an executed proposal's effect hold; it counts once, however often it is told.</summary>
    private Task BringAbout() => _proposal.Effect switch
    {
        ClassPolicyEffect effect => ClassOf(effect.Class).Adopt(effect.Version),
        GovernanceEffect effect => Coop.Adopt(new(effect.Governance, effect.Origin)),
        SpendingEffect effect => Spend(effect.Spending),
        _ => Task.CompletedTask,
    };

    // Executions take turns, and the commons are spent by nothing else: what was affordable when it was executed still is.
    private async Task Spend(CommonsSpending spending)
    {
        CreditPosting posted = await credits.SpendAsync(_id.Coop, _id.Proposal, spending, CancellationToken.None);
        if (posted.Outcome is not (CreditPostingOutcome.Posted or CreditPostingOutcome.PostedBefore))
            throw new InvalidOperationException($"Proposal {_id} is executed and its spending is not posted: {posted.Outcome}. {posted.Reason}");
    }

    private async Task<CurrentRules> RulesFor(ProposedChange change)
    {
        CoopProfile profile = await Coop.GetProfile() ?? throw new InvalidOperationException($"There is no co-op {_id.Coop}.");
        CurrentRules rules = new() { TimeZone = profile.TimeZone, Governance = (await Coop.GetGovernance())[^1].Governance };
        if (change is CommonsSpending spending) return await WithCommons(rules, spending);
        if (change is not ClassPolicyChange { Class: var name } || !profile.Classes.Contains(name)) return rules;
        PolicyHistory history = PolicyHistory.Restore(name, await ClassOf(name).GetHistory());
        return rules with { Class = history.RulesAt(Now) };
    }

    private async Task<CurrentRules> WithCommons(CurrentRules rules, CommonsSpending spending)
    {
        BooksRow row = await bills.ReadBooksAsync(_id.Coop, CancellationToken.None);
        return rules with
        {
            CommonsMicroCredits = (long)Int128.Min(row.Balances.Commons, long.MaxValue),
            IsRecipientMember = spending.ToMember && (await ActorOf(new(spending.Recipient, IsOperator: false))).IsMember,
        };
    }

    // By the directory, as the electorate is counted: who counts and has not left since may vote, and nobody else.
    private async Task<Actor> ActorOf(Caller caller)
    {
        DirectoryChange? row = Ids.IsName(caller.Name) ? await directory.FindMemberAsync(_id.Coop, caller.Name, CancellationToken.None) : null;
        return new(caller.Name, row?.Status ?? MemberStatus.Unknown, Instant.FromUnixMs(row?.EnrolledUnixMs ?? 0), caller.IsOperator);
    }

    private IClassGrain ClassOf(string name) => GrainFactory.GetGrain<IClassGrain>(new ClassId(_id.Coop, name).ToString());

    private ProposalAnswer Answer(ProposalOutcome outcome, string reason) => new(outcome, reason, View());

    private ProposalView? View()
    {
        if (_proposal.Exists) return ProposalViews.Of(_id, _proposal, Now);

        // Made-up names must not fill the memory.
        DeactivateOnIdle();
        return null;
    }
}
