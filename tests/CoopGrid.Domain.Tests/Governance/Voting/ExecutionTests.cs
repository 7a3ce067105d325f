using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Domain.Tests.Governance.ProposalScene;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>What an executed proposal brings about, and that it is checked again.</summary>
public sealed class ExecutionTests
{
    private static readonly WindowPolicy Window = Policies.Valid.Window;

    [Fact]
    public void A_policy_holds_from_the_next_slice()
    {
        ProposalScene scene = InTimelock();
        Assert.Null(scene.Proposal.Effect);
        scene.Accept(scene.Execute(240));
        var effect = Assert.IsType<ClassPolicyEffect>(scene.Proposal.Effect);
        Assert.Equal((2, 2000), (effect.Policy.Version, effect.Policy.Capacity.UnitsPerSecond));
        Assert.Equal(Window.SliceAt(At(240)) + 1, effect.FromSlice);
        Assert.Equal(
            new PolicyOrigin
            {
                Version = 2,
                Proposal = "p-1",
                Tally = new(3, 0, 0),
                Electorate = Electorate,
                DecidedAt = At(End),
                ExecutedAt = At(240),
            },
            effect.Origin);
        Assert.Equal("version 2, by proposal p-1: 3 for, 0 against, 0 abstained, of 10 members", effect.Origin.ToString());
    }

    /// <summary>The scene is in November 2023. Seen to fail with the next slice for every change.</summary>
    [Fact]
    public void What_the_bill_uses_holds_from_the_next_epoch()
    {
        ProposalScene scene = InTimelock(Draft with { Change = new ClassPolicyChange("homes", 1, MoreCapacity with { Tariff = new() { FixedFee = 5 } }) });
        scene.Accept(scene.Execute(240));
        Instant december = Instant.From(new DateTimeOffset(2023, 12, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(Window.SliceAt(december), Assert.IsType<ClassPolicyEffect>(scene.Proposal.Effect).FromSlice);
    }

    [Fact]
    public void Executing_twice_changes_nothing()
    {
        ProposalScene scene = InTimelock();
        scene.Accept(scene.Execute(240));
        PolicyHistory history = PolicyHistory.Found("homes", Policies.Valid, Begin);
        PolicyVersion version = ((ClassPolicyEffect)scene.Proposal.Effect!).Version;
        Assert.True(history.Add(version, "UTC", At(240)));
        scene.Rules = scene.Rules with { Class = history.RulesAt(At(300)) };
        AssertRefused(ProposalOutcome.Unchanged, scene.Execute(300));
        Assert.False(history.Add(version, "UTC", At(300)));
        Assert.Equal(2, history.Versions.Count);
    }

    /// <summary>Seen to fail without the check at execution, row by row.</summary>
    [Fact]
    public void What_changed_since_is_refused_and_stays_queued()
    {
        ProposalScene scene = InTimelock();
        CurrentRules then = scene.Rules;
        ClassPolicy newer = Policies.Valid with { Version = 2 };
        scene.Rules = then with { Class = then.Class! with { Newest = newer } };
        AssertRefused(ProposalOutcome.Stale, scene.Execute(240));
        Assert.Equal("It is based on version 1 of class homes; the newest is 2: propose it anew.", scene.Execute(240).Reason);
        scene.Rules = then with { TimeZone = "Asia/Kolkata" };
        AssertRefused(ProposalOutcome.PolicyInvalid, scene.Execute(240));
        scene.Rules = then with { Class = then.Class! with { Current = Policies.Valid with { Window = Window with { Slices = 24 } } } };
        AssertRefused(ProposalOutcome.NotChangeable, scene.Execute(240));
        Assert.Equal(ProposalState.Queued, scene.StateAt(240));
        scene.Rules = then;
        scene.Accept(scene.Execute(241));
    }

    [Fact]
    public void A_spending_waits_until_it_can_be_paid()
    {
        ProposalScene scene = InTimelock(Draft with { Change = new CommonsSpending("the choir", 700) });
        Assert.Empty(scene.Proposal.Made.Difference);
        scene.Rules = scene.Rules with { CommonsMicroCredits = 699 };
        AssertRefused(ProposalOutcome.NotAffordable, scene.Execute(240));
        scene.Rules = scene.Rules with { CommonsMicroCredits = 700 };
        scene.Accept(scene.Execute(250));
        var effect = Assert.IsType<SpendingEffect>(scene.Proposal.Effect);
        Assert.Equal((new CommonsSpending("the choir", 700), 0, "p-1"), (effect.Spending, effect.Origin.Version, effect.Origin.Proposal));
    }

    [Fact]
    public void New_numbers_hold_for_what_is_proposed_afterwards()
    {
        GovernancePolicy changed = new() { QuorumPermille = 500, VotingDelayMs = 0 };
        ProposalScene scene = InTimelock(Draft with { Change = new GovernanceChange(1, changed) });
        Assert.Equal(["votingDelayMs", "quorumPermille"], scene.Proposal.Made.Difference.Select(change => change.Path));
        scene.Accept(scene.Execute(240));
        Assert.Equal(changed with { Version = 2 }, Assert.IsType<GovernanceEffect>(scene.Proposal.Effect).Governance);
    }

    /// <summary>Entries of every kind; a snapshot and the rest of the entries give the same as all of them.</summary>
    [Fact]
    public void Any_prefix_replays_to_the_same()
    {
        ProposalScene scene = Made();
        scene.Accept(scene.Vote("ann", VoteChoice.For, 30));
        scene.Accept(scene.Vote("bob", VoteChoice.Against, 31));
        scene.Accept(scene.Vote("cyd", VoteChoice.Abstain, 190));
        scene.Accept(scene.Vote("dan", VoteChoice.For, 191));
        scene.Accept(scene.Queue(300));
        scene.Accept(scene.Execute(400));
        Assert.Equal(At(215), scene.Proposal.End);
        Replays.AssertSameFromAnyPrefix(scene.Proposal, scene.Entries);
        ProposalScene cancelled = Won();
        cancelled.Accept(cancelled.Cancel(30));
        Replays.AssertSameFromAnyPrefix(cancelled.Proposal, cancelled.Entries);
    }
}
