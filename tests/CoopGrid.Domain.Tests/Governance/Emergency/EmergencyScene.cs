using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>A co-op with one class, whose voted cap is 5000 and whose lanes are guaranteed 100, 0 and 0 ‰. Operators may hold an action for 48 hours; a rest is 100.</summary>
internal sealed class EmergencyScene
{
    public const long LongestHours = 48;
    public const long RestHours = 100;

    public static readonly GovernancePolicy Numbers = new()
    {
        VotingDelayMs = 10 * ProposalScene.HourMs,
        VotingPeriodMs = 50 * ProposalScene.HourMs,
        LateQuorumExtensionMs = 10 * ProposalScene.HourMs,
        TimelockMs = 30 * ProposalScene.HourMs,
        EmergencyLongestMs = LongestHours * ProposalScene.HourMs,
    };

    public static readonly ClassPolicy Voted = Policies.Valid with { Price = new() { CapPermille = 5000 } };

    public EmergencyBook Book { get; private set; } = new();

    public ClassPolicy Policy { get; set; } = Voted;

    public static Instant At(long hour) => ProposalScene.At(hour);

    public EmergencyDecision Declare(EmergencyAction action, long hour, long endsHour, string reason = "fire") => EmergencyRule.Declare(
        Book,
        new(action, reason, At(endsHour)),
        ProposalScene.Operator,
        new(Numbers, "UTC", action is SuspendMember ? null : Policy, IsMember: true),
        At(hour));

    public EmergencyDecision Lift(int number, long hour) => EmergencyRule.Lift(Book, number, "it is out", ProposalScene.Operator, At(hour));

    public EffectivePolicy Effective(long hour) => EffectivePolicy.At("homes", Policy, Book, "UTC", At(hour));

    public void Accept(EmergencyDecision decision)
    {
        Assert.True(decision.Outcome == EmergencyOutcome.Accepted, decision.ToString());
        Assert.NotEmpty(decision.Entry!.Reason);
        Book.Apply(decision.Entry);
        Book = EmergencyBook.Restore(Book.All);
    }

    public static void AssertRefused(EmergencyOutcome outcome, EmergencyDecision decision)
    {
        Assert.Equal(outcome, decision.Outcome);
        Assert.Null(decision.Entry);
        Assert.NotEmpty(decision.Reason);
    }
}
