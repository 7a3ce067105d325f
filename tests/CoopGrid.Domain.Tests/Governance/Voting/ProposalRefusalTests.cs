using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Domain.Tests.Governance.ProposalScene;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>
/// Every refusal in the order of <see cref="ProposalOutcome"/>: each call begins with everything wrong and is mended from the top, so a
/// refusal is seen to come before those below it.
/// Seen to fail without the check of who is a member, of who was enrolled in time, of a vote already cast (but for a repeat of the same), of the vote's
/// start and end, of who may propose and cancel, of the queue, of the timelock, and of the change when it is proposed.
/// </summary>
public sealed class ProposalRefusalTests
{
    private static readonly ClassPolicy Invalid = MoreCapacity with { Entry = UsageEntry.Metered, Tariff = new() { Rate = -1 } };

    [Fact]
    public void Proposing()
    {
        ProposalScene scene = new();
        ProposalDraft draft = Draft with { Title = "", Why = " ", Change = new ClassPolicyChange("homes", 2, Invalid) };
        Actor by = new("", MemberStatus.Exited, default, IsOperator: true);
        AssertRefused(ProposalOutcome.Invalid, Propose());
        by = by with { Name = "ann" };
        AssertRefused(ProposalOutcome.Invalid, Propose());
        draft = draft with { Title = Draft.Title };
        AssertRefused(ProposalOutcome.Invalid, Propose());
        draft = draft with { Why = Draft.Why };
        AssertRefused(ProposalOutcome.NotAllowed, Propose());
        by = by with { Status = MemberStatus.Suspended };
        AssertRefused(ProposalOutcome.Stale, Propose());
        draft = draft with { Change = new ClassPolicyChange("shops", 1, Invalid) };
        AssertRefused(ProposalOutcome.Stale, Propose());
        draft = draft with { Change = new ClassPolicyChange("homes", 1, Invalid) };
        AssertRefused(ProposalOutcome.PolicyInvalid, Propose());
        draft = draft with { Change = new ClassPolicyChange("homes", 1, Invalid with { Tariff = new() }) };
        AssertRefused(ProposalOutcome.NotChangeable, Propose());
        draft = Draft;
        scene.Accept(Propose());
        AssertRefused(ProposalOutcome.Unchanged, Propose());
        scene.Rules = scene.Rules with { Class = null };
        AssertRefused(ProposalOutcome.Unchanged, Propose());
        draft = draft with { Title = "Another" };
        AssertRefused(ProposalOutcome.Invalid, Propose());

        ProposalDecision Propose() => ProposalRule.Propose(scene.Proposal, draft, by, scene.Rules, At(0));
    }

    public static TheoryData<ProposalOutcome, ProposedChange> Changes => new()
    {
        { ProposalOutcome.Invalid, new ClassPolicyChange("homes", 1, Policies.Valid with { Version = 9 }) },
        { ProposalOutcome.Invalid, new GovernanceChange(1, new() { QuorumPermille = 300 }) },
        { ProposalOutcome.Invalid, new CommonsSpending("", 1) },
        { ProposalOutcome.Invalid, new CommonsSpending("the choir", 0) },
        { ProposalOutcome.Invalid, new CommonsSpending("the choir", PolicyLimits.MaxBill + 1) },
        { ProposalOutcome.Stale, new ClassPolicyChange("homes", 0, MoreCapacity) },
        { ProposalOutcome.Stale, new ClassPolicyChange("homes", 2, MoreCapacity) },
        { ProposalOutcome.Stale, new GovernanceChange(2, new()) },
        { ProposalOutcome.PolicyInvalid, new GovernanceChange(1, new() { TimelockMs = (24 * HourMs) - 1 }) },
        { ProposalOutcome.PolicyInvalid, new ClassPolicyChange("homes", 1, MoreCapacity with { Tariff = new() { Rate = 1_000_000_000_000 } }) },
        { ProposalOutcome.NotChangeable, new ClassPolicyChange("homes", 1, Policies.Valid with { Price = new() { ControlPeriodMs = 2000 } }) },
        { ProposalOutcome.NotChangeable, new ClassPolicyChange("homes", 1, Policies.Valid with { Market = new() { SlotMs = 60_000 } }) },
        { ProposalOutcome.NotAffordable, new CommonsSpending("the choir", 1001) },
        { ProposalOutcome.Accepted, new CommonsSpending("the choir", 1000) },
        { ProposalOutcome.Accepted, new GovernanceChange(1, new() { QuorumPermille = 301 }) },
        { ProposalOutcome.Accepted, new ClassPolicyChange("homes", 1, MoreCapacity) },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_is_checked_when_it_is_proposed(ProposalOutcome outcome, ProposedChange change) =>
        Assert.Equal(outcome, new ProposalScene().Propose(Draft with { Change = change }).Outcome);

    [Theory]
    [InlineData(ProposeRight.Members, MemberStatus.Active, false, true)]
    [InlineData(ProposeRight.Members, MemberStatus.Unknown, true, false)]
    [InlineData(ProposeRight.MembersAndOperators, MemberStatus.Unknown, true, true)]
    [InlineData(ProposeRight.MembersAndOperators, MemberStatus.Suspended, false, true)]
    [InlineData(ProposeRight.MembersAndOperators, MemberStatus.Exited, false, false)]
    [InlineData(ProposeRight.Operators, MemberStatus.Active, false, false)]
    [InlineData(ProposeRight.Operators, MemberStatus.Active, true, true)]
    public void The_charter_says_who_proposes(ProposeRight right, MemberStatus status, bool isOperator, bool may)
    {
        ProposalScene scene = new();
        CurrentRules rules = scene.Rules with { Governance = scene.Rules.Governance with { Propose = right } };
        ProposalOutcome outcome = ProposalRule.Propose(scene.Proposal, Draft, new("x", status, default, isOperator), rules, At(0)).Outcome;
        Assert.Equal(may ? ProposalOutcome.Accepted : ProposalOutcome.NotAllowed, outcome);
    }

    [Fact]
    public void Voting()
    {
        ProposalScene scene = Made();
        scene.Accept(scene.Vote("ann", VoteChoice.Against, Start));
        VoteChoice choice = VoteChoice.None;
        Proposal proposal = new("none");
        Actor voter = new("", MemberStatus.Exited, At(Start).PlusMs(1), IsOperator: true);
        AssertRefused(ProposalOutcome.Invalid, Vote(End));
        choice = (VoteChoice)4;
        AssertRefused(ProposalOutcome.Invalid, Vote(End));
        choice = VoteChoice.For;
        AssertRefused(ProposalOutcome.Invalid, Vote(End));
        voter = voter with { Name = "ann" };
        AssertRefused(ProposalOutcome.ProposalUnknown, Vote(End));
        proposal = scene.Proposal;
        AssertRefused(ProposalOutcome.NotMember, Vote(End));
        voter = voter with { Status = MemberStatus.Unknown };
        AssertRefused(ProposalOutcome.NotMember, Vote(End));
        voter = voter with { Status = MemberStatus.Suspended };
        AssertRefused(ProposalOutcome.EnrolledTooLate, Vote(End));
        voter = voter with { Enrolled = At(Start) };
        AssertRefused(ProposalOutcome.AlreadyVoted, Vote(End));
        AssertRefused(ProposalOutcome.AlreadyVoted, Vote(Start));
        voter = voter with { Name = "bob" };
        AssertRefused(ProposalOutcome.Ended, Vote(End));
        Assert.Equal(ProposalOutcome.Accepted, Vote(End - 1).Outcome);
        scene.Accept(scene.Cancel(End - 1));
        AssertRefused(ProposalOutcome.Cancelled, Vote(End));

        ProposalDecision Vote(long hour) => ProposalRule.Vote(proposal, voter, choice, Electorate, At(hour));
    }

    [Fact]
    public void Before_the_start_nobody_votes_and_nobody_is_counted()
    {
        ProposalScene scene = Made();
        AssertRefused(ProposalOutcome.NotStarted, scene.Vote("ann", VoteChoice.For, Start - 1));
        AssertRefused(ProposalOutcome.NotStarted, ProposalRule.CountElectorate(scene.Proposal, 9, At(Start - 1)));
        AssertRefused(ProposalOutcome.ProposalUnknown, ProposalRule.CountElectorate(new("none"), 9, At(Start)));
        scene.Accept(ProposalRule.CountElectorate(scene.Proposal, 9, At(Start)));
        AssertRefused(ProposalOutcome.Unchanged, ProposalRule.CountElectorate(scene.Proposal, 8, At(End)));
        scene.Accept(scene.Vote("ann", VoteChoice.For, Start));
        Assert.Equal(9, scene.Proposal.Electorate);
        AssertRefused(ProposalOutcome.Ended, ProposalRule.CountElectorate(Made().Proposal, 9, At(End)));
    }

    [Fact]
    public void Cancelling()
    {
        ProposalScene scene = Won();
        string reason = " ";
        Proposal proposal = new("none");
        Actor by = Operator;
        AssertRefused(ProposalOutcome.Invalid, Cancel(9999));
        reason = "A mistake.";
        AssertRefused(ProposalOutcome.ProposalUnknown, Cancel(9999));
        proposal = scene.Proposal;
        AssertRefused(ProposalOutcome.NotAllowed, Cancel(9999));
        by = Member("bob");
        AssertRefused(ProposalOutcome.NotAllowed, Cancel(9999));
        by = Member("ann");
        AssertRefused(ProposalOutcome.TooLate, Cancel(9999));
        proposal = Made().Proposal;
        AssertRefused(ProposalOutcome.Defeated, Cancel(End));
        ProposalScene executed = InTimelock();
        executed.Accept(executed.Execute(240));
        proposal = executed.Proposal;
        AssertRefused(ProposalOutcome.TooLate, Cancel(240));
        scene.Accept(scene.Cancel(End));
        proposal = scene.Proposal;
        AssertRefused(ProposalOutcome.Unchanged, Cancel(9999));
        proposal = Made(numbers: numbers => numbers with { Cancel = CancelRight.ProposerAndOperators }).Proposal;
        Assert.Equal(ProposalOutcome.Accepted, Cancel(0).Outcome);
        by = Member("bob");
        AssertRefused(ProposalOutcome.NotAllowed, Cancel(0));
        by = Operator;
        Assert.Equal(ProposalOutcome.Accepted, Cancel(0).Outcome);

        ProposalDecision Cancel(long hour) => ProposalRule.Cancel(proposal, by, reason, At(hour));
    }

    /// <summary>Whoever calls, whatever changed meanwhile: first what became of the vote, then the timelock, then the change.</summary>
    [Fact]
    public void Queueing_and_executing()
    {
        ProposalScene executed = InTimelock();
        executed.Accept(executed.Execute(240));
        ProposalScene cancelled = InTimelock();
        cancelled.Accept(cancelled.Cancel(240));
        ProposalScene queued = InTimelock();
        (ProposalOutcome? Queue, ProposalOutcome? Execute, Proposal Proposal, long Hour)[] rows =
        [
            (ProposalOutcome.ProposalUnknown, ProposalOutcome.ProposalUnknown, new("none"), 240),
            (ProposalOutcome.Unchanged, ProposalOutcome.Unchanged, executed.Proposal, 9999),
            (ProposalOutcome.Cancelled, ProposalOutcome.Cancelled, cancelled.Proposal, 9999),
            (ProposalOutcome.NotDecided, ProposalOutcome.NotDecided, Made().Proposal, 0),
            (ProposalOutcome.NotDecided, ProposalOutcome.NotDecided, Won().Proposal, End - 1),
            (ProposalOutcome.Defeated, ProposalOutcome.Defeated, Made().Proposal, End),
            (ProposalOutcome.TooLate, ProposalOutcome.TooLate, Won().Proposal, 528),
            (ProposalOutcome.TooLate, ProposalOutcome.TooLate, queued.Proposal, 576),
            (ProposalOutcome.Accepted, ProposalOutcome.NotQueued, Won().Proposal, End),
            (ProposalOutcome.Unchanged, ProposalOutcome.Timelocked, queued.Proposal, 239),
            (ProposalOutcome.Unchanged, ProposalOutcome.Stale, queued.Proposal, 240),
        ];
        CurrentRules nothing = queued.Rules with { Class = null };
        foreach ((ProposalOutcome? queue, ProposalOutcome? execute, Proposal proposal, long hour) in rows)
        {
            AssertRefused(ProposalOutcome.Invalid, ExecutionRule.Queue(proposal, "", At(hour)));
            AssertRefused(ProposalOutcome.Invalid, ExecutionRule.Execute(proposal, "", nothing, At(hour)));
            Assert.Equal(queue, ExecutionRule.Queue(proposal, "x", At(hour)).Outcome);
            AssertRefused(execute!.Value, ExecutionRule.Execute(proposal, "x", nothing, At(hour)));
        }
    }

    [Fact]
    public void The_timelock_says_until_when()
    {
        ProposalScene scene = InTimelock();
        Instant almost = new(At(240).UnixMicroseconds - 1);
        ProposalDecision early = ExecutionRule.Execute(scene.Proposal, "x", scene.Rules, almost);
        AssertRefused(ProposalOutcome.Timelocked, early);
        Assert.Equal($"it may be executed from {At(240)}, and before {At(576)}.", early.Reason);
    }
}
