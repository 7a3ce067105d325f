using System.Collections.Immutable;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// Whether a change can be made as things stand. It is asked when the change is proposed and again when it is executed, since the policy, the charter
/// or the account may have changed between. In this order:
/// <list type="number">
/// <item>what it is based on is the newest version, and the member it is for is one (<see cref="ProposalOutcome.Stale"/>);</item>
/// <item>what it leads to is valid, so that no bill can overflow (<see cref="ProposalOutcome.PolicyInvalid"/>);</item>
/// <item>it touches no field that is fixed while members have windows (<see cref="ProposalOutcome.NotChangeable"/>);</item>
/// <item>the commons account holds what it spends (<see cref="ProposalOutcome.NotAffordable"/>).</item>
/// </list>
/// </summary>
public static class ChangeRules
{
    private static readonly LimitRange Spendable = new(1, PolicyLimits.MaxBill);
    private static readonly LimitRange Creditable = new(1, CreditRule.MostMicroCredits);

    /// <summary>The first reason why not; null if it can be made.</summary>
    public static (ProposalOutcome Outcome, string Reason)? Check(ProposedChange change, CurrentRules rules) => change switch
    {
        ClassPolicyChange policy => Check(policy, rules),
        GovernanceChange governance => Check(governance, rules),
        CommonsSpending spending => Check(spending, rules),
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, "an unknown change"),
    };

    /// <summary>What it changes, field by field; empty if nothing, or if it is a spending.</summary>
    public static ImmutableArray<FieldChange> Difference(ProposedChange change, CurrentRules rules) => change switch
    {
        ClassPolicyChange policy when Of(policy.Class, rules) is { } of => PolicyChange.Between(of.Newest, policy.New),
        GovernanceChange governance => PolicyChange.Between(rules.Governance, governance.New),
        _ => [],
    };

    /// <summary>Whether both ask for the same. Policies hold lists, whose own equality goes by reference, and versions that nobody looks at.</summary>
    internal static bool AreSame(ProposedChange a, ProposedChange b) => (a, b) switch
    {
        (ClassPolicyChange one, ClassPolicyChange other) =>
            one.Class == other.Class && one.BasedOn == other.BasedOn && PolicyChange.AreEqual(one.New, other.New),
        (GovernanceChange one, GovernanceChange other) => one.BasedOn == other.BasedOn && PolicyChange.Between(one.New, other.New).IsEmpty,
        _ => a.Equals(b),
    };

    /// <summary>What is malformed whatever the vote says; null if nothing.</summary>
    internal static string? Malformed(ProposedChange change, CurrentRules rules)
    {
        if (change is CommonsSpending spending)
        {
            if (!Ids.IsName(spending.Recipient)) return $"A spending names who gets it, in 1 to {Ids.MaxBytes} bytes.";
            LimitRange range = spending.ToMember ? Creditable : Spendable;
            return range.Holds(spending.MicroCredits) ? null : $"A spending in micro-credits must be {range}; was {spending.MicroCredits}.";
        }

        // Whether an invalid policy differs cannot be said in the same words, and need not: it is refused for what is wrong with it.
        bool asItIs = Check(change, rules) is null && Difference(change, rules).IsEmpty;
        return asItIs ? "It changes nothing." : null;
    }

    private static (ProposalOutcome, string)? Check(ClassPolicyChange change, CurrentRules rules)
    {
        if (Of(change.Class, rules) is not { } of) return (ProposalOutcome.Stale, $"There is no class {change.Class}.");
        if (change.BasedOn != of.Newest.Version)
            return (ProposalOutcome.Stale, $"It is based on version {change.BasedOn} of class {change.Class}; the newest is {of.Newest.Version}: propose it anew.");
        IReadOnlyList<PolicyError> errors = PolicyRules.Check(change.New with { Version = change.BasedOn + 1 }, rules.TimeZone);
        if (errors.Count > 0) return (ProposalOutcome.PolicyInvalid, string.Join('\n', errors));
        return PolicySchedule.NotChangeable(of.Current, change.New) is { } field
            ? (ProposalOutcome.NotChangeable, $"{field} cannot change once a class is founded: found another class.")
            : null;
    }

    private static (ProposalOutcome, string)? Check(GovernanceChange change, CurrentRules rules)
    {
        int newest = rules.Governance.Version;
        if (change.BasedOn != newest)
            return (ProposalOutcome.Stale, $"It is based on version {change.BasedOn} of the charter's governance; the newest is {newest}: propose it anew.");
        IReadOnlyList<PolicyError> errors = GovernanceRules.Check(change.New with { Version = change.BasedOn + 1 });
        return errors.Count > 0 ? (ProposalOutcome.PolicyInvalid, string.Join('\n', errors)) : null;
    }

    private static (ProposalOutcome, string)? Check(CommonsSpending spending, CurrentRules rules)
    {
        if (spending.ToMember && !rules.IsRecipientMember) return (ProposalOutcome.Stale, $"There is no member {spending.Recipient}.");
        return spending.MicroCredits > rules.CommonsMicroCredits
            ? (ProposalOutcome.NotAffordable, $"The commons account holds {rules.CommonsMicroCredits} micro-credits; {spending.MicroCredits} are asked for.")
            : null;
    }

    private static ClassRules? Of(string name, CurrentRules rules) => rules.Class?.Name == name ? rules.Class : null;
}
