using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Domain.Tests.Governance.EmergencyScene;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>By the numbers of <see cref="EmergencyRule"/>, and every refusal in the order of <see cref="EmergencyOutcome"/>.</summary>
public sealed class EmergencyRuleTests
{
    private readonly EmergencyScene _scene = new();

    /// <summary>Everything is wrong at first and is mended from the top. Seen to fail without the check of the operator, and of the end.</summary>
    [Fact]
    public void Declaring()
    {
        _scene.Accept(_scene.Declare(new RaiseGuarantee("homes", "bulk", 10), 0, 48));
        EmergencyAction action = new RaiseGuarantee("homes", "none", 0);
        string reason = " ";
        Actor by = new("", MemberStatus.Active, default, IsOperator: false);
        EmergencyTarget target = new(Numbers, "UTC", null, IsMember: false);
        (long hour, long ends) = (100, 100);
        AssertRefused(EmergencyOutcome.Invalid, Declare());
        by = by with { Name = "olga" };
        AssertRefused(EmergencyOutcome.Invalid, Declare());
        reason = "fire";
        AssertRefused(EmergencyOutcome.Invalid, Declare());
        ends = 9999;
        AssertRefused(EmergencyOutcome.NotAllowed, Declare());
        by = by with { IsOperator = true };
        AssertRefused(EmergencyOutcome.TargetUnknown, Declare());
        target = target with { Policy = Voted };
        AssertRefused(EmergencyOutcome.TargetUnknown, Declare());
        action = new RaiseGuarantee("homes", "", 0);
        AssertRefused(EmergencyOutcome.TargetUnknown, Declare());
        action = new RaiseGuarantee("homes", "bulk", 0);
        AssertRefused(EmergencyOutcome.NotStricter, Declare());
        action = new RaiseGuarantee("homes", "bulk", 900);
        AssertRefused(EmergencyOutcome.NeedsProposal, Declare());
        hour = 148;
        AssertRefused(EmergencyOutcome.TooLong, Declare());
        ends = 148 + LongestHours;
        AssertRefused(EmergencyOutcome.PolicyInvalid, Declare());
        action = new RaiseGuarantee("homes", "bulk", 20);
        _scene.Accept(Declare());
        AssertRefused(EmergencyOutcome.Unchanged, Declare());
        target = target with { Policy = null };
        AssertRefused(EmergencyOutcome.Unchanged, Declare());

        EmergencyDecision Declare() => EmergencyRule.Declare(_scene.Book, new(action, reason, At(ends)), by, target, At(hour));
    }

    /// <summary>Likewise. Seen to fail without the check of the reason.</summary>
    [Fact]
    public void Lifting()
    {
        _scene.Accept(_scene.Declare(new LowerCap("homes", 2000), 0, 48));
        string reason = "";
        Actor by = new("olga", MemberStatus.Active, default, IsOperator: false);
        int number = 2;
        AssertRefused(EmergencyOutcome.Invalid, Lift());
        reason = "over";
        AssertRefused(EmergencyOutcome.NotAllowed, Lift());
        by = by with { IsOperator = true };
        AssertRefused(EmergencyOutcome.ActionUnknown, Lift());
        number = 0;
        AssertRefused(EmergencyOutcome.ActionUnknown, Lift());
        number = 1;
        _scene.Accept(Lift());
        AssertRefused(EmergencyOutcome.Unchanged, Lift());
        _scene.Accept(_scene.Declare(new SuspendMember("eve"), 10, 20));
        AssertRefused(EmergencyOutcome.Unchanged, EmergencyRule.Lift(_scene.Book, 2, reason, by, At(20)));

        EmergencyDecision Lift() => EmergencyRule.Lift(_scene.Book, number, reason, by, At(9));
    }

    [Theory]
    [InlineData(5000, EmergencyOutcome.NotStricter)]
    [InlineData(6000, EmergencyOutcome.NotStricter)]
    [InlineData(4999, EmergencyOutcome.Accepted)]
    [InlineData(1000, EmergencyOutcome.Accepted)]
    [InlineData(999, EmergencyOutcome.PolicyInvalid)]
    public void A_cap_is_only_lowered(int cap, EmergencyOutcome outcome) => Assert.Equal(outcome, _scene.Declare(new LowerCap("homes", cap), 0, 1).Outcome);

    [Theory]
    [InlineData("critical", 100, EmergencyOutcome.NotStricter)]
    [InlineData("critical", 101, EmergencyOutcome.Accepted)]
    [InlineData("bulk", 700, EmergencyOutcome.Accepted)]
    [InlineData("bulk", 900, EmergencyOutcome.PolicyInvalid)]
    [InlineData("bulk", 1000, EmergencyOutcome.PolicyInvalid)]
    public void A_guarantee_is_only_raised_and_fits(string lane, int permille, EmergencyOutcome outcome) =>
        Assert.Equal(outcome, _scene.Declare(new RaiseGuarantee("homes", lane, permille), 0, 1).Outcome);

    [Fact]
    public void Raises_together_must_fit_too()
    {
        _scene.Accept(_scene.Declare(new RaiseGuarantee("homes", "bulk", 500), 0, 10));
        AssertRefused(EmergencyOutcome.PolicyInvalid, _scene.Declare(new RaiseGuarantee("homes", "standard", 400), 5, 10));
        _scene.Accept(_scene.Declare(new RaiseGuarantee("homes", "standard", 400), 10, 20));
    }

    /// <summary>1. Seen to fail with <c>&lt;=</c> for the end.</summary>
    [Fact]
    public void An_action_lapses_by_itself()
    {
        _scene.Accept(_scene.Declare(new SuspendMember("eve"), 0, 10));
        Assert.NotNull(_scene.Book.SuspensionOf("eve", At(0)));
        Assert.NotNull(_scene.Book.SuspensionOf("eve", new(At(10).UnixMicroseconds - 1)));
        Assert.Null(_scene.Book.SuspensionOf("eve", At(10)));
        Assert.Null(_scene.Book.SuspensionOf("ann", At(0)));
        Assert.Equal("fire", Assert.Single(_scene.Book.All).Declared.Reason);
    }

    /// <summary>A clock that goes back does not bring back what was lifted; the past stays what it was.</summary>
    [Fact]
    public void What_was_lifted_stays_lifted()
    {
        _scene.Accept(_scene.Declare(new SuspendMember("eve"), 0, 10));
        _scene.Accept(_scene.Lift(1, 5));
        Assert.Null(_scene.Book.SuspensionOf("eve", _scene.Book.TimeAt(At(2))));
        Assert.NotNull(_scene.Book.SuspensionOf("eve", At(2)));
        AssertRefused(EmergencyOutcome.Unchanged, _scene.Lift(1, 2));
        AssertRefused(EmergencyOutcome.Invalid, _scene.Declare(new SuspendMember("ann"), 2, 5));
        Assert.Equal(At(5), _scene.Declare(new SuspendMember("ann"), 2, 6).Entry!.At);
        Assert.Throws<InvalidOperationException>(() => _scene.Book.Apply(_scene.Book.All[0].Lifted!));
        Assert.Throws<InvalidOperationException>(() => _scene.Book.Apply(_scene.Book.All[0].Declared));
    }

    /// <summary>
    /// 3: tighten, lift and declare anew, within 48 hours of the first; then a rest. Seen to fail with the time counted from the last declaration.
    /// </summary>
    [Fact]
    public void Holding_on_needs_a_proposal()
    {
        _scene.Accept(_scene.Declare(new LowerCap("homes", 3000), 0, 40));
        _scene.Accept(_scene.Declare(new LowerCap("homes", 2000), 1, 2));
        _scene.Accept(_scene.Lift(2, 1));
        AssertRefused(EmergencyOutcome.TooLong, _scene.Declare(new LowerCap("homes", 2000), 20, LongestHours + 1));
        _scene.Accept(_scene.Declare(new LowerCap("homes", 2000), 20, LongestHours));
        EmergencyDecision renewal = _scene.Declare(new LowerCap("homes", 4000), LongestHours, LongestHours + 1);
        AssertRefused(EmergencyOutcome.NeedsProposal, renewal);
        Assert.Contains(At(LongestHours + RestHours).ToString(), renewal.Reason, StringComparison.Ordinal);
        AssertRefused(EmergencyOutcome.NeedsProposal, _scene.Declare(new LowerCap("homes", 4000), LongestHours + RestHours - 1, 200));
        _scene.Accept(_scene.Declare(new LowerCap("homes", 4000), LongestHours + RestHours, LongestHours + RestHours + LongestHours));
        _scene.Accept(_scene.Declare(new RaiseGuarantee("homes", "bulk", 10), 160, 160 + LongestHours));
    }

    /// <summary>3: the younger ended a rest ago, the older did not. Seen to fail with the youngest action alone looked at.</summary>
    [Fact]
    public void An_older_action_may_outlast_a_younger_one()
    {
        _scene.Accept(_scene.Declare(new SuspendMember("eve"), 0, 40));
        _scene.Accept(_scene.Declare(new SuspendMember("eve"), 1, 2));
        AssertRefused(EmergencyOutcome.NeedsProposal, _scene.Declare(new SuspendMember("eve"), 2 + RestHours, 110));
        _scene.Accept(_scene.Declare(new SuspendMember("ann"), 2 + RestHours, 110));
        _scene.Accept(_scene.Declare(new SuspendMember("eve"), 40 + RestHours, 150));
    }

    [Fact]
    public void A_proposal_fits_into_the_rest() => Assert.Equal(RestHours * ProposalScene.HourMs, EmergencyRule.RestMs(Numbers));
}
