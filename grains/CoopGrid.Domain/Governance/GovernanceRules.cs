using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// What makes a charter's governance numbers valid, in the style of <see cref="PolicyRules"/>: each within its range, and then those that
/// depend on each other. All errors are found at once. The ranges see to it that
/// <list type="number">
/// <item>a timelock is never shorter than 24 hours, whatever members vote for;</item>
/// <item>a quorum is at least one vote, and can be reached: at most the whole electorate;</item>
/// <item>a vote lasts at least an hour and moves its end by at most its own length; from proposal to expiry less than two years pass, so no
/// sum of these spans can overflow an <see cref="Instant"/>.</item>
/// </list>
/// </summary>
public static class GovernanceRules
{
    public static readonly LimitRange VotingDelayMs = new(0, 30 * PolicyLimits.DayMs);

    /// <summary>An hour to 90 days.</summary>
    public static readonly LimitRange VotingPeriodMs = new(3_600_000, 90 * PolicyLimits.DayMs);

    public static readonly LimitRange QuorumPermille = new(1, 1000);
    public static readonly LimitRange LateQuorumExtensionMs = new(0, 30 * PolicyLimits.DayMs);

    /// <summary>24 hours to 90 days.</summary>
    public static readonly LimitRange TimelockMs = new(PolicyLimits.DayMs, 90 * PolicyLimits.DayMs);

    /// <summary>A day to 180 days.</summary>
    public static readonly LimitRange ExecutionPeriodMs = new(PolicyLimits.DayMs, 180 * PolicyLimits.DayMs);

    /// <summary>An hour to 30 days.</summary>
    public static readonly LimitRange EmergencyLongestMs = new(3_600_000, 30 * PolicyLimits.DayMs);

    /// <summary>Every error of the numbers; none if they are valid.</summary>
    /// <param name="governance">Any value.</param>
    public static IReadOnlyList<PolicyError> Check(GovernancePolicy governance)
    {
        ErrorList errors = new();
        Check(governance, errors, "");
        return errors.Errors;
    }

    /// <param name="under">What stands before each path: empty, or <c>governance.</c> in a charter.</param>
    internal static void Check(GovernancePolicy governance, ErrorList errors, string under)
    {
        errors.Judge(governance.Version >= 1, $"{under}version", $"must be at least 1; was {governance.Version}");
        errors.Judge(governance.VotingDelayMs, VotingDelayMs, $"{under}votingDelayMs");
        errors.Judge(governance.VotingPeriodMs, VotingPeriodMs, $"{under}votingPeriodMs");
        errors.Judge(governance.QuorumPermille, QuorumPermille, $"{under}quorumPermille");
        errors.Judge(governance.LateQuorumExtensionMs, LateQuorumExtensionMs, $"{under}lateQuorumExtensionMs");
        errors.Judge(governance.TimelockMs, TimelockMs, $"{under}timelockMs");
        errors.Judge(governance.ExecutionPeriodMs, ExecutionPeriodMs, $"{under}executionPeriodMs");
        errors.Judge(governance.EmergencyLongestMs, EmergencyLongestMs, $"{under}emergencyLongestMs");
        errors.Judge(Enum.IsDefined(governance.Propose), $"{under}propose", "must be members, membersAndOperators or operators");
        errors.Judge(Enum.IsDefined(governance.Cancel), $"{under}cancel", "must be proposer or proposerAndOperators");
        if (!errors.AreClean($"{under}lateQuorumExtensionMs", $"{under}votingPeriodMs")) return;
        errors.Judge(
            governance.LateQuorumExtensionMs <= governance.VotingPeriodMs,
            $"{under}lateQuorumExtensionMs",
            $"must be at most votingPeriodMs ({governance.VotingPeriodMs:N0}); was {governance.LateQuorumExtensionMs:N0}");
    }
}
