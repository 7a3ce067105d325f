using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>An action as an operator asks for it.</summary>
/// <param name="Action">What to do.</param>
/// <param name="Reason">Published; 1 to 10,000 characters.</param>
/// <param name="EndsAt">The first instant at which it no longer holds.</param>
public sealed record EmergencyDraft(EmergencyAction Action, string Reason, Instant EndsAt);

/// <summary>The answer to an emergency call, and the entry to record for it.</summary>
/// <param name="Outcome">The first that applies.</param>
/// <param name="Entry">Null unless the outcome is <see cref="EmergencyOutcome.Accepted"/>.</param>
/// <param name="Reason">For a person; empty if it was accepted.</param>
public readonly record struct EmergencyDecision(EmergencyOutcome Outcome, EmergencyEntry? Entry, string Reason);

/// <summary>What an action acts on, as members voted it.</summary>
/// <param name="Governance">The numbers in force.</param>
/// <param name="TimeZone">The co-op's IANA time zone.</param>
/// <param name="Policy">The voted policy in force of the class that the action names; null if there is no such class, or it names none.</param>
/// <param name="IsMember">Whether the member that the action names is one.</param>
public sealed record EmergencyTarget(GovernancePolicy Governance, string TimeZone, ClassPolicy? Policy, bool IsMember);

/// <summary>
/// What an operator may do alone (SPEC.md §11). The answer is the first that applies in the order of <see cref="EmergencyOutcome"/>.
/// <list type="number">
/// <item>Every action has a reason, and an end at which it lapses by itself.</item>
/// <item>It is stricter than what was voted: a lower cap, a higher guarantee; and the policy with it is valid.</item>
/// <item>Actions on one target that are not separated by a rest are one emergency, which lasts at most <c>emergencyLongest</c> from its first declaration.
/// A rest is the longest that a proposal takes to its execution: delay + period + extension + timelock. So operators may tighten, lift and declare anew
/// within that time; to hold on to it beyond, members must have had the time to vote on it.</item>
/// </list>
/// </summary>
public static class EmergencyRule
{
    /// <summary>The rest of rule 3, in ms.</summary>
    public static long RestMs(GovernancePolicy governance) =>
        governance.VotingDelayMs + governance.VotingPeriodMs + governance.LateQuorumExtensionMs + governance.TimelockMs;

    /// <summary>Declares an action, in force at once.</summary>
    /// <param name="target">What it acts on.</param>
    public static EmergencyDecision Declare(EmergencyBook book, EmergencyDraft draft, Actor by, EmergencyTarget target, Instant clock)
    {
        Instant now = book.TimeAt(clock);
        (EmergencyAction action, string reason, Instant endsAt) = draft;
        if (Malformed(by, reason) is { } malformed) return Refuse(EmergencyOutcome.Invalid, malformed);
        if (endsAt <= now) return Refuse(EmergencyOutcome.Invalid, $"It must end after {now}; the end was {endsAt}.");
        if (!by.IsOperator) return Refuse(EmergencyOutcome.NotAllowed, "Only an operator may.");
        foreach (Emergency held in book.InForceAt(now))
        {
            EmergencyDeclared known = held.Declared;
            if (new EmergencyDraft(known.Action, known.Reason, known.EndsAt) == draft)
                return Refuse(EmergencyOutcome.Unchanged, $"It is action {known.Number}.");
        }

        if (Unknown(action, target) is { } unknown) return Refuse(EmergencyOutcome.TargetUnknown, unknown);
        if (NotStricter(action, target) is { } notStricter) return Refuse(EmergencyOutcome.NotStricter, notStricter);
        if (OutOfTime(book, draft, target.Governance, now) is { } outOfTime) return outOfTime;
        if (target.Policy is { } policy && EffectivePolicy.With(policy, action, book, target.TimeZone, now) is { Count: > 0 } errors)
            return Refuse(EmergencyOutcome.PolicyInvalid, string.Join('\n', errors));
        return new(EmergencyOutcome.Accepted, new EmergencyDeclared(book.NextNumber, now, by.Name, reason, action, endsAt), "");
    }

    /// <summary>Lifts an action before its end.</summary>
    /// <param name="reason">Published.</param>
    public static EmergencyDecision Lift(EmergencyBook book, int number, string reason, Actor by, Instant clock)
    {
        Instant now = book.TimeAt(clock);
        if (Malformed(by, reason) is { } malformed) return Refuse(EmergencyOutcome.Invalid, malformed);
        if (!by.IsOperator) return Refuse(EmergencyOutcome.NotAllowed, "Only an operator may.");
        if (book.Find(number) is not { } found) return Refuse(EmergencyOutcome.ActionUnknown, $"There is no action {number}.");
        return found.IsInForceAt(now)
            ? new(EmergencyOutcome.Accepted, new EmergencyLifted(number, now, by.Name, reason), "")
            : Refuse(EmergencyOutcome.Unchanged, $"It ended at {found.EndsAt}.");
    }

    private static string? Malformed(Actor by, string reason)
    {
        if (!Ids.IsName(by.Name)) return $"An operator of 1 to {Ids.MaxBytes} bytes is needed.";
        return ProposalRule.IsText(reason) ? null : $"A reason of 1 to {ProposalRule.MaxText} characters is needed: it is published.";
    }

    private static string? Unknown(EmergencyAction action, EmergencyTarget target) => action switch
    {
        SuspendMember suspend when !target.IsMember => $"There is no member {suspend.Member}.",
        LowerCap cap when target.Policy is null => $"There is no class {cap.Class}.",
        RaiseGuarantee raise when target.Policy is null => $"There is no class {raise.Class}.",
        RaiseGuarantee raise when EffectivePolicy.LaneOf(target.Policy, raise) < 0 => $"Class {raise.Class} has no lane {raise.Lane}.",
        _ => null,
    };

    private static string? NotStricter(EmergencyAction action, EmergencyTarget target)
    {
        if (action is LowerCap cap && cap.CapPermille >= target.Policy!.Price.CapPermille)
            return $"The voted cap is {target.Policy.Price.CapPermille} ‰: an operator may only lower it.";
        if (action is not RaiseGuarantee raise) return null;
        int voted = target.Policy!.Lanes[EffectivePolicy.LaneOf(target.Policy, raise)].GuaranteedPermille;
        return raise.GuaranteedPermille > voted ? null : $"The voted guarantee is {voted} ‰: an operator may only raise it.";
    }

    private static EmergencyDecision? OutOfTime(EmergencyBook book, EmergencyDraft draft, GovernancePolicy governance, Instant now)
    {
        long restMs = RestMs(governance);
        Instant longest = Begun(book, draft.Action, restMs, now).PlusMs(governance.EmergencyLongestMs);
        if (now >= longest)
        {
            Instant rested = book.All.Where(held => held.Declared.Action.HasTargetOf(draft.Action)).Max(held => held.EndsAt).PlusMs(restMs);
            return Refuse(EmergencyOutcome.NeedsProposal, $"Operators alone may hold this until {longest}, and again from {rested}: renewing it needs a proposal.");
        }

        return draft.EndsAt > longest ? Refuse(EmergencyOutcome.TooLong, $"It may last until {longest}; the end was {draft.EndsAt}.") : null;
    }

    /// <summary>When the emergency that an action would belong to began: now, unless an earlier one on its target ended less than a rest before.</summary>
    private static Instant Begun(EmergencyBook book, EmergencyAction action, long restMs, Instant now)
    {
        Instant begun = now;

        // An older action may outlast a younger one, so each step back looks at all of them again.
        while (book.All.FirstOrDefault(held => Reaches(held, begun)) is { } earlier) begun = earlier.Declared.At;
        return begun;

        bool Reaches(Emergency held, Instant until) =>
            held.Declared.Action.HasTargetOf(action) && held.Declared.At < until && held.EndsAt.PlusMs(restMs) > until;
    }

    private static EmergencyDecision Refuse(EmergencyOutcome outcome, string reason) => new(outcome, null, reason);
}
