using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Usage;
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

    /// <summary>2: what is to come after a slice, one change after the other. Seen to fail with a version that was overtaken told as one.</summary>
    [Fact]
    public void Changes_to_come_are_told_in_their_order()
    {
        long capacity = Execute(MoreCapacity, 0);
        long fee = Execute(MoreCapacity with { Tariff = new() { FixedFee = 5 } }, 0);
        Assert.Equal(
            [(2, capacity), (3, fee), (0, 0)],
            new[] { capacity - 1, capacity, fee }.Select(slice => _history.ChangeAfter(slice)).Select(change => (change?.Policy.Version ?? 0, change?.FromSlice ?? 0)));

        long back = Execute(MoreCapacity, 1);
        Assert.Equal((4, back), (_history.ChangeAfter(back - 1)!.Policy.Version, _history.ChangeAfter(back - 1)!.FromSlice));
        Assert.Null(_history.ChangeAfter(back));
    }

    /// <summary>1 and 4. Seen to fail without each of the two guards of <c>Add</c>.</summary>
    [Fact]
    public void What_does_not_follow_is_not_added()
    {
        PolicyVersion second = Executed(MoreCapacity, 0).Version;
        PolicyVersion third = Executed(MoreCapacity, 0, basedOn: 2).Version;
        Assert.Throws<InvalidOperationException>(() => Add(third));
        Assert.True(Add(second));
        Assert.False(Add(second));
        PolicyVersion other = Executed(Relaxed, 0, basedOn: 1).Version;
        Assert.Throws<InvalidOperationException>(() => Add(other));
        Assert.Equal([1, 2], _history.Versions.Select(version => version.Policy.Version));
    }

    /// <summary>3: after a crash it comes late. Seen to fail with its first slice kept, and with the next slice for what the bill uses.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_version_that_comes_late_changes_no_slice_that_has_begun(long fee)
    {
        PolicyVersion version = Executed(MoreCapacity with { Tariff = new() { FixedFee = fee } }, 0).Version;
        Instant late = Policies.Valid.Window.StartOf(version.FromSlice).PlusMs(90_000_000);
        Assert.True(_history.Add(version, "UTC", late));
        long expected = fee == 0
            ? Policies.Valid.Window.SliceAt(late) + 1
            : Policies.Valid.Window.SliceAt(EpochCalendar.NextStart(Policies.Valid.Window.Epoch, Policies.Valid.Window, "UTC", late));
        Assert.Equal(expected, _history.Versions[^1].FromSlice);
        Assert.Equal(1, _history.InForceAt(expected - 1).Policy.Version);
        Assert.False(_history.Add(version, "UTC", late.PlusMs(90_000_000)));
        Assert.Equal(expected, _history.Versions[^1].FromSlice);
    }

    /// <summary>1: a class that operators had changed before there were votes.</summary>
    [Fact]
    public void A_class_older_than_its_history_begins_with_what_was_in_force()
    {
        PolicyHistory old = PolicyHistory.Restore("homes", [new(Policies.Valid with { Version = 4 }, 0, new() { Version = 4 })]);
        Assert.Null(old.OriginOf(1));
        Assert.Equal(4, old.OriginOf(4)!.Version);
        PolicyVersion fifth = Executed(MoreCapacity, 0, basedOn: 4).Version;
        Assert.True(old.Add(fifth, "UTC", fifth.Origin.ExecutedAt));
        Assert.Equal(4, old.InForceAt(fifth.FromSlice - 1).Policy.Version);
        Assert.Equal(5, old.InForceAt(fifth.FromSlice).Policy.Version);
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
        PolicyVersion version = Executed(policy, later).Version;
        Assert.True(Add(version));
        return version.FromSlice;
    }

    private bool Add(PolicyVersion version) => _history.Add(version, "UTC", version.Origin.ExecutedAt);

    private ClassPolicyEffect Executed(ClassPolicy policy, long later, int? basedOn = null)
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
        return (ClassPolicyEffect)proposal.Effect!;

        void Take(ProposalDecision decision)
        {
            Assert.True(decision.Outcome == ProposalOutcome.Accepted, decision.ToString());
            foreach (ProposalEntry entry in decision.Entries) proposal.Apply(entry);
        }
    }
}
