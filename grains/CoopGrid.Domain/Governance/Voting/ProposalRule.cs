using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// Decides calls about a proposal (SPEC.md §11) up to its vote's end, and its cancelling; <see cref="ExecutionRule"/> decides what follows. The answer is the
/// first that applies in the order of <see cref="ProposalOutcome"/>; a refusal changes nothing.
/// <list type="number">
/// <item>A proposal is checked when it is made: no vote is held on what could not be executed.</item>
/// <item>The electorate are the members at the vote's start; it is counted once.</item>
/// <item>One member, one vote: it is cast in <c>[start, end)</c> by a member enrolled at or before the start who has not left; it is never changed. A
/// suspended member votes.</item>
/// <item>It may be cancelled until it is executed, defeated or expired, by whom the charter lets.</item>
/// </list>
/// </summary>
public static class ProposalRule
{
    /// <summary>Most characters of a proposal's text, and of a reason.</summary>
    public const int MaxText = 10_000;

    /// <summary>Makes a proposal.</summary>
    /// <param name="proposal">A new one, or the one of a call that is repeated.</param>
    public static ProposalDecision Propose(Proposal proposal, ProposalDraft draft, Actor by, CurrentRules rules, Instant now)
    {
        bool repeated = proposal.Exists && proposal.Made.By == by.Name && IsSame(proposal.Made.Draft, draft);
        if (Malformed(proposal, draft, by, rules, repeated) is { } malformed) return ProposalDecision.Refuse(ProposalOutcome.Invalid, malformed);
        if (!MayPropose(by, rules.Governance.Propose))
            return ProposalDecision.Refuse(ProposalOutcome.NotAllowed, $"The charter lets {Proposers(rules.Governance.Propose)} propose.");
        if (repeated) return ProposalDecision.Refuse(ProposalOutcome.Unchanged, $"Proposal {proposal.Id} was made before.");
        if (ChangeRules.Check(draft.Change, rules) is var (outcome, reason)) return ProposalDecision.Refuse(outcome, reason);
        return ProposalDecision.Accept(new ProposalMade(1, now, by.Name, draft, ChangeRules.Difference(draft.Change, rules), rules.Governance));
    }

    /// <summary>Counts the electorate, from the vote's start on; the first vote does it too.</summary>
    /// <param name="members">Members at the vote's start, ≥ 1.</param>
    public static ProposalDecision CountElectorate(Proposal proposal, long members, Instant clock)
    {
        if (!proposal.Exists) return Unknown(proposal);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(members);
        if (proposal.Electorate is { } counted) return ProposalDecision.Refuse(ProposalOutcome.Unchanged, $"{counted} members were counted.");
        if (NotOpen(proposal, clock) is { } refusal) return refusal;
        return ProposalDecision.Accept(new ElectorateCounted(proposal.Sequence + 1, proposal.TimeAt(clock), members));
    }

    /// <summary>Takes a vote.</summary>
    /// <param name="electorate">Members at the vote's start, ≥ 1; used if they were not counted yet.</param>
    public static ProposalDecision Vote(Proposal proposal, Actor voter, VoteChoice choice, long electorate, Instant clock)
    {
        if (choice == VoteChoice.None || !Enum.IsDefined(choice)) return ProposalDecision.Refuse(ProposalOutcome.Invalid, "Vote for, against or abstain.");
        if (!Ids.IsName(voter.Name)) return ProposalDecision.Refuse(ProposalOutcome.Invalid, $"A voter of 1 to {Ids.MaxBytes} bytes is needed.");
        if (!proposal.Exists) return Unknown(proposal);
        if (!voter.IsMember) return ProposalDecision.Refuse(ProposalOutcome.NotMember, $"{voter.Name} is no member.");
        if (voter.Enrolled > proposal.Start)
            return ProposalDecision.Refuse(ProposalOutcome.EnrolledTooLate, $"{voter.Name} was enrolled at {voter.Enrolled}, after the vote's start at {proposal.Start}.");
        if (proposal.VoteOf(voter.Name) is { } cast)
            return ProposalDecision.Refuse(ProposalOutcome.AlreadyVoted, $"{voter.Name} voted {cast.Choice} at {cast.At}; a vote stays as it is.");
        if (NotOpen(proposal, clock) is { } refusal) return refusal;

        Instant now = proposal.TimeAt(clock);
        long next = proposal.Sequence + 1;
        if (proposal.Electorate is not null) return ProposalDecision.Accept(new VoteCast(next, now, voter.Name, choice));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(electorate);
        return ProposalDecision.Accept(new ElectorateCounted(next, now, electorate), new VoteCast(next + 1, now, voter.Name, choice));
    }

    /// <summary>Cancels a proposal.</summary>
    /// <param name="reason">Required: it is published.</param>
    public static ProposalDecision Cancel(Proposal proposal, Actor by, string reason, Instant clock)
    {
        if (!IsText(reason)) return ProposalDecision.Refuse(ProposalOutcome.Invalid, $"A reason of 1 to {MaxText} characters is needed.");
        if (!proposal.Exists) return Unknown(proposal);
        bool isProposer = by.Name == proposal.Made.By && (by.IsMember || by.IsOperator);
        bool isVeto = by.IsOperator && proposal.Governance.Cancel == CancelRight.ProposerAndOperators;
        if (!isProposer && !isVeto)
        {
            string who = proposal.Governance.Cancel == CancelRight.Proposer ? proposal.Made.By : $"{proposal.Made.By} or an operator";
            return ProposalDecision.Refuse(ProposalOutcome.NotAllowed, $"Only {who} may cancel it.");
        }

        return proposal.StateAt(clock) switch
        {
            ProposalState.Cancelled => ProposalDecision.Refuse(ProposalOutcome.Unchanged, $"It was cancelled at {proposal.Cancelled!.At}."),
            ProposalState.Defeated => ProposalDecision.Refuse(ProposalOutcome.Defeated, $"The vote was lost at {proposal.End}."),
            ProposalState.Executed => ProposalDecision.Refuse(ProposalOutcome.TooLate, $"It was executed at {proposal.Executed!.At}: propose the opposite."),
            ProposalState.Expired => ProposalDecision.Refuse(ProposalOutcome.TooLate, $"It expired at {proposal.ExpiresAt}."),
            _ => ProposalDecision.Accept(new ProposalCancelled(proposal.Sequence + 1, proposal.TimeAt(clock), by.Name, reason)),
        };
    }

    internal static ProposalDecision Unknown(Proposal proposal) =>
        ProposalDecision.Refuse(ProposalOutcome.ProposalUnknown, $"There is no proposal {proposal.Id}.");

    internal static bool IsText(string? text) => !string.IsNullOrWhiteSpace(text) && text.Length <= MaxText;

    private static ProposalDecision? NotOpen(Proposal proposal, Instant clock) => proposal.StateAt(clock) switch
    {
        ProposalState.Active => null,
        ProposalState.Cancelled => ProposalDecision.Refuse(ProposalOutcome.Cancelled, $"It was cancelled at {proposal.Cancelled!.At}: {proposal.Cancelled.Reason}"),
        ProposalState.Pending => ProposalDecision.Refuse(ProposalOutcome.NotStarted, $"The vote starts at {proposal.Start}."),
        _ => ProposalDecision.Refuse(ProposalOutcome.Ended, $"The vote ended at {proposal.End}."),
    };

    private static string? Malformed(Proposal proposal, ProposalDraft draft, Actor by, CurrentRules rules, bool repeated)
    {
        if (!Ids.IsName(by.Name)) return $"A proposer of 1 to {Ids.MaxBytes} bytes is needed.";
        if (!Ids.IsName(draft.Title)) return $"A title of 1 to {Ids.MaxBytes} bytes is needed.";
        if (!IsText(draft.Why)) return $"A text of 1 to {MaxText} characters is needed: why?";
        if (repeated) return null;
        return proposal.Exists ? $"The id {proposal.Id} is taken by another proposal." : ChangeRules.Malformed(draft.Change, rules);
    }

    private static bool IsSame(ProposalDraft a, ProposalDraft b) => a.Title == b.Title && a.Why == b.Why && ChangeRules.AreSame(a.Change, b.Change);

    private static bool MayPropose(Actor by, ProposeRight right) => right switch
    {
        ProposeRight.Members => by.IsMember,
        ProposeRight.Operators => by.IsOperator,
        _ => by.IsMember || by.IsOperator,
    };

    private static string Proposers(ProposeRight right) => right switch
    {
        ProposeRight.Members => "members",
        ProposeRight.Operators => "operators",
        _ => "members and operators",
    };
}
