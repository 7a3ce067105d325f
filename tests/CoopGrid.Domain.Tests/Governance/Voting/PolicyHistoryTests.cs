using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Domain.Tests.Governance.ProposalScene;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>By the numbers of <see cref="PolicyHistory"/>.</summary>
public sealed class PolicyHistoryTests
{
    private static readonly long Founding = Policies.Valid.Window.SliceAt(Begin);

    private static readonly ClassPolicy Relaxed = Policies.Valid with { RelaxedAllowed = true };

    private readonly PolicyHistory _history = PolicyHistory.Found("homes", Policies.Valid, Begin);
    private int _proposals;

    /// <summary>1.</summary>
    [Fact]
    public void Every_version_has_its_origin()
    {
        Execute(MoreCapacity, 0);
        Assert.Equal("version 1, by the founding charter", _history.OriginOf(1)!.ToString());
        Assert.True(_history.OriginOf(1)!.IsFounding);
        Assert.Equal("p-1", _history.OriginOf(2)!.Proposal);
        Assert.Null(_history.OriginOf(0));
        Assert.Null(_history.OriginOf(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => PolicyHistory.Found("homes", Policies.Valid with { Version = 2 }, Begin));
    }

    /// <summary>2: one that waits for December is overtaken by one that takes it back; one that keeps it waits too.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_newer_version_overtakes_one_that_waits(bool keepsTheFee)
    {
        long fee = Execute(Policies.Valid with { Tariff = new() { FixedFee = 5 } }, 0);
        long next = Execute(keepsTheFee ? MoreCapacity with { Tariff = new() { FixedFee = 5 } } : MoreCapacity, 1);
        Assert.Equal(keepsTheFee, next == fee);
        Assert.Equal(1, _history.InForceAt(next - 1).Policy.Version);
        Assert.Equal(3, _history.InForceAt(next).Policy.Version);
        Assert.Equal(3, _history.InForceAt(fee).Policy.Version);
        Assert.Equal(1, _history.InForceAt(Founding - 100).Policy.Version);
    }

    /// <summary>2: one for the next slice is in force until one for December is.</summary>
    [Fact]
    public void A_version_that_waits_leaves_the_one_before_in_force()
    {
        long capacity = Execute(MoreCapacity, 0);
        long fee = Execute(MoreCapacity with { Tariff = new() { FixedFee = 5 } }, 0);
        Assert.Equal(
            [1, 2, 2, 3],
            new[] { capacity - 1, capacity, fee - 1, fee }.Select(slice => _history.InForceAt(slice).Policy.Version));
        Assert.Equal(2, _history.RulesAt(At(300)).Current.Version);
        Assert.Equal(3, _history.RulesAt(At(300)).Newest.Version);
    }

    /// <summary>1, 3 and 4. Seen to fail without each of the three guards of <c>Add</c>.</summary>
    [Fact]
    public void What_does_not_follow_is_not_added()
    {
        var effect = (ClassPolicyEffect)Executed(MoreCapacity, 0).Effect!;
        var third = (ClassPolicyEffect)Executed(MoreCapacity, 0, basedOn: 2).Effect!;
        Assert.Throws<InvalidOperationException>(() => PolicyHistory.Found("shops", Policies.Valid, Begin).Add(effect));
        Assert.Throws<InvalidOperationException>(() => _history.Add(third));
        Assert.True(_history.Add(effect));
        Assert.False(_history.Add(effect));
        var other = (ClassPolicyEffect)Executed(Relaxed, 0, basedOn: 1).Effect!;
        Assert.Throws<InvalidOperationException>(() => _history.Add(other));
        Proposal late = Tampered(third, fromSlice: Policies.Valid.Window.SliceAt(third.Origin.ExecutedAt));
        Assert.Throws<InvalidOperationException>(() => _history.Add((ClassPolicyEffect)late.Effect!));
        Assert.Equal(2, _history.Versions.Count);
    }

    [Fact]
    public void It_is_restored_as_it_was()
    {
        Execute(MoreCapacity, 0);
        PolicyHistory restored = PolicyHistory.Restore("homes", [.. _history.Versions]);
        Assert.Equal(_history.Versions, restored.Versions);
        Assert.Equal(("homes", 2), (restored.Class, restored.Newest.Version));
    }

    private long Execute(ClassPolicy policy, long later)
    {
        var effect = (ClassPolicyEffect)Executed(policy, later).Effect!;
        Assert.True(_history.Add(effect));
        return effect.FromSlice;
    }

    private Proposal Executed(ClassPolicy policy, long later, int? basedOn = null)
    {
        int version = basedOn ?? _history.Newest.Version;
        Proposal proposal = new($"p-{++_proposals}");
        ProposalScene scene = new();
        ClassRules rules = _history.RulesAt(At(240 + later));
        scene.Rules = scene.Rules with { Class = rules with { Newest = rules.Newest with { Version = version } } };
        ProposalDraft draft = Draft with { Change = new ClassPolicyChange("homes", version, policy) };
        Take(ProposalRule.Propose(proposal, draft, Member("ann"), scene.Rules, At(0)));
        foreach (string name in new[] { "ann", "bob", "cyd" }) Take(ProposalRule.Vote(proposal, Member(name), VoteChoice.For, Electorate, At(Start)));
        Take(ExecutionRule.Queue(proposal, "x", At(End)));
        Take(ExecutionRule.Execute(proposal, "x", scene.Rules, At(240 + later)));
        return proposal;

        void Take(ProposalDecision decision)
        {
            Assert.True(decision.Outcome == ProposalOutcome.Accepted, decision.ToString());
            foreach (ProposalEntry entry in decision.Entries) proposal.Apply(entry);
        }
    }

    // What no decision gives: an execution that would reach into a slice that runs.
    private Proposal Tampered(ClassPolicyEffect like, long fromSlice)
    {
        ProposalSnapshot snapshot = Executed(Relaxed, 0, basedOn: 2).Snapshot();
        Assert.Equal(like.Policy.Version, snapshot.Executed!.Version);
        return Proposal.Restore(snapshot with { Executed = snapshot.Executed with { FromSlice = fromSlice } });
    }
}
