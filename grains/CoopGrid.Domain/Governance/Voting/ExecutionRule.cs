using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// What follows a vote (SPEC.md §11): queueing and execution, by anybody, so that nobody can hold up what members decided.
/// <list type="number">
/// <item>Only a proposal that succeeded is queued; its timelock, at least 24 hours, begins then, so never before the success.</item>
/// <item>It is executed once, from the timelock's end on and before it expires, if its change can still be made (<see cref="ChangeRules"/>). A refused one
/// stays queued: what is not affordable today may be tomorrow.</item>
/// <item>A class's new policy holds from the next slice, or from the next epoch if the bill's formula uses what changed; new governance numbers hold
/// for proposals made afterwards.</item>
/// <item>Both calls are harmless to repeat.</item>
/// </list>
/// </summary>
public static class ExecutionRule
{
    /// <summary>Queues a proposal whose vote is won.</summary>
    public static ProposalDecision Queue(Proposal proposal, string by, Instant clock)
    {
        if (!Ids.IsName(by)) return Nobody;
        if (!proposal.Exists) return ProposalRule.Unknown(proposal);
        ProposalState state = proposal.StateAt(clock);
        if (state is ProposalState.Queued) return ProposalDecision.Refuse(ProposalOutcome.Unchanged, $"It is queued; {Executable(proposal)}");
        if (NotWon(proposal, state) is { } refusal) return refusal;
        return ProposalDecision.Accept(new ProposalQueued(proposal.Sequence + 1, proposal.TimeAt(clock), by));
    }

    /// <summary>Executes a queued proposal whose timelock is over. <see cref="Proposal.Effect"/> then says what holds.</summary>
    /// <param name="rules">As they are now.</param>
    public static ProposalDecision Execute(Proposal proposal, string by, CurrentRules rules, Instant clock)
    {
        if (!Ids.IsName(by)) return Nobody;
        if (!proposal.Exists) return ProposalRule.Unknown(proposal);
        ProposalState state = proposal.StateAt(clock);
        if (NotWon(proposal, state) is { } refusal) return refusal;
        if (state == ProposalState.Succeeded) return ProposalDecision.Refuse(ProposalOutcome.NotQueued, $"Queue it first, before {proposal.ExpiresAt}.");
        Instant now = proposal.TimeAt(clock);
        if (now < proposal.ExecutableFrom) return ProposalDecision.Refuse(ProposalOutcome.Timelocked, Executable(proposal));
        ProposedChange change = proposal.Made.Draft.Change;
        if (ChangeRules.Check(change, rules) is var (outcome, reason)) return ProposalDecision.Refuse(outcome, reason);

        (int version, long fromSlice) = change switch
        {
            ClassPolicyChange policy => (policy.BasedOn + 1, PolicySchedule.FromSlice(rules.Class!.Current, policy.New, rules.TimeZone, now)),
            GovernanceChange governance => (governance.BasedOn + 1, 0L),
            _ => (0, 0L),
        };
        return ProposalDecision.Accept(new ProposalExecuted(proposal.Sequence + 1, now, by, version, fromSlice));
    }

    private static ProposalDecision Nobody => ProposalDecision.Refuse(ProposalOutcome.Invalid, $"A caller of 1 to {Ids.MaxBytes} bytes is needed.");

    /// <summary>The refusal in any state but succeeded and queued.</summary>
    private static ProposalDecision? NotWon(Proposal proposal, ProposalState state) => state switch
    {
        ProposalState.Executed => ProposalDecision.Refuse(ProposalOutcome.Unchanged, $"It was executed at {proposal.Executed!.At}."),
        ProposalState.Cancelled => ProposalDecision.Refuse(ProposalOutcome.Cancelled, $"It was cancelled at {proposal.Cancelled!.At}: {proposal.Cancelled.Reason}"),
        ProposalState.Pending or ProposalState.Active => ProposalDecision.Refuse(ProposalOutcome.NotDecided, $"The vote ends at {proposal.End}."),
        ProposalState.Defeated => ProposalDecision.Refuse(ProposalOutcome.Defeated, Lost(proposal)),
        ProposalState.Expired => ProposalDecision.Refuse(ProposalOutcome.TooLate, $"It expired at {proposal.ExpiresAt}: propose it anew."),
        _ => null,
    };

    private static string Executable(Proposal proposal) => $"it may be executed from {proposal.ExecutableFrom}, and before {proposal.ExpiresAt}.";

    private static string Lost(Proposal proposal)
    {
        VoteTally tally = proposal.Tally;
        return $"The vote was lost at {proposal.End}: {tally.For} for, {tally.Against} against, {tally.Abstain} abstained, of {proposal.Electorate ?? 0} members; "
            + $"the quorum is {proposal.Governance.QuorumPermille} ‰.";
    }
}
