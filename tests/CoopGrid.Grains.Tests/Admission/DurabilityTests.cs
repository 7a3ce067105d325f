using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Admission;

/// <summary>What an answer rests on (L1), who may have one early, and what happens while the store does not take commits (L7).</summary>
public sealed class DurabilityTests
{
    /// <summary>
    /// Seen to fail (answered while the store still held the commit) with the wait left out of AdmissionPledge.Settled, with it left out of
    /// MemberGrain.IsDurable (the cancel), and with a remembered answer's commit left out of RequestDecider.Decide (the retry).
    /// </summary>
    [Fact]
    public async Task Nothing_is_answered_before_its_commit_nor_is_what_rests_on_it()
    {
        await using GridSilo silo = await Start();
        IMemberGrain member = silo.Member("m0");
        silo.Store.Hold();
        Task<AdmissionAnswer> first = member.Admit(Ask.For("a", 5)).AsTask();
        await Eventually.True(() => silo.Store.Held == 1, "a commit under way");
        Task<AdmissionAnswer> retry = member.Admit(Ask.For("a", 5)).AsTask();
        Task<CancelAnswer> cancel = member.Cancel("a", 2, "relay").AsTask();
        Assert.Equal(3, (await Quiet(member)).TotalUnits);
        Assert.False(first.IsCompleted || retry.IsCompleted || cancel.IsCompleted);
        silo.Store.Release();
        Assert.Equal(Outcome.Admitted, (await first.Soon()).Outcome);
        Assert.True((await retry.Soon()).Replayed);
        Assert.Equal(new CancelAnswer(CancelOutcome.Returned, 2), await cancel.Soon());
    }

    /// <summary>
    /// Seen to fail with the class's permission left out of RequestDecider.Admit (not allowed, and answered), with the request's wish left out
    /// there (allowed, and not answered), and with a remembered answer's commit left out of its Decide.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_relaxed_answer_comes_before_the_commit_only_where_the_class_allows_it(bool allowed)
    {
        await using GridSilo silo = await Start(Ask.Ample with { RelaxedAllowed = allowed });
        IMemberGrain member = silo.Member("m0");
        silo.Store.Hold();
        Task<AdmissionAnswer> durable = member.Admit(Ask.For("durable")).AsTask();
        Task<AdmissionAnswer> relaxed = member.Admit(Relaxed("relaxed")).AsTask();
        if (allowed) Assert.Equal(Outcome.Admitted, (await relaxed.Soon()).Outcome);
        Task<AdmissionAnswer> retry = member.Admit(Relaxed("relaxed")).AsTask();
        Assert.Equal(2, (await Quiet(member)).TotalUnits);
        Assert.Equal(allowed, relaxed.IsCompleted);
        Assert.False(durable.IsCompleted || retry.IsCompleted);
        silo.Store.Release();
        Assert.True((await retry.Soon()).Replayed);
        Assert.Equal(Outcome.Admitted, (await durable.Soon()).Outcome);
    }

    /// <summary>
    /// A gate that the class has not heard for a second may be taken for dead, and its lease given to others: only a commit tells then (C1). Seen
    /// to fail with AllowsRelaxed left out of RequestDecider.Admit.
    /// </summary>
    [Fact]
    public async Task A_relaxed_answer_waits_for_its_commit_while_the_class_does_not_answer()
    {
        await using GridSilo silo = await Start(Ask.Ample with { RelaxedAllowed = true });
        ClassGates gates = silo.Service<ClassGates>();
        gates.Stop();
        await silo.Step(1100);
        silo.Store.Hold();
        Task<AdmissionAnswer> asked = silo.Member("m0").Admit(Relaxed("late")).AsTask();
        Assert.Equal(1, (await Quiet(silo.Member("m0"))).TotalUnits);
        Assert.False(asked.IsCompleted);
        silo.Store.Release();
        Assert.Equal(Outcome.Admitted, (await asked.Soon()).Outcome);
    }

    /// <summary>
    /// Seen to fail with the stall left out of LedgerWriter.Stall (requests were decided while the store hung, and never answered), with
    /// the watch left out of LedgerWriter.Watch and with FailAttempt left out of Stall (both: the first request was never answered).
    /// </summary>
    [Fact]
    public async Task While_the_store_hangs_nothing_is_decided_and_callers_know_within_a_second()
    {
        await using GridSilo silo = await Start(Ask.Ample with { RelaxedAllowed = true });
        silo.Store.Hold();
        Task<AdmissionAnswer> caught = silo.Member("m0").Admit(Ask.For("caught", 5)).AsTask();
        await Eventually.True(() => silo.Store.Held == 1, "a commit under way");
        var clock = (FakeTimeProvider)silo.Time;
        clock.Advance(TimeSpan.FromMilliseconds(1000));
        Assert.Equal(Outcome.Unavailable, (await caught.Soon()).Outcome);

        IMemberGrain other = silo.Member("m1");
        Assert.Equal(Outcome.Unavailable, (await other.Admit(Ask.For("refused")).Soon()).Outcome);
        Assert.Equal(Outcome.Unavailable, (await other.Admit(Relaxed("refused too")).Soon()).Outcome);
        Assert.Equal(Outcome.Unavailable, (await other.Quote(Ask.For("asked")).Soon()).Outcome);
        Assert.Equal(CancelOutcome.Unavailable, (await silo.Member("m0").Cancel("caught", 0, "relay").Soon()).Outcome);
        Assert.Equal(MemberOutcome.Unavailable, (await other.Suspend(true, "late").Soon()).Outcome);
        Assert.Equal(1, (await other.GetState()).Sequence);

        silo.Store.Release();
        await Eventually.True(() => silo.Disk.Admissions().Count == 1, "the commit that hung");
        AdmissionAnswer retry = await silo.Member("m0").Admit(Ask.For("caught", 5)).Soon();
        Assert.True(retry.Replayed);
        await silo.AdvanceUntil(() => silo.Store.Held == 0, "a store at rest");
        Assert.Equal(Outcome.Admitted, (await other.Admit(Ask.For("after")).Soon()).Outcome);
        Assert.Equal(["caught", "after"], silo.Disk.Admissions().Select(entry => entry.Key));
    }

    /// <summary>
    /// Seen to fail with the stall left out of LedgerWriter.Stall (the second request), and with FailAttempt left out of it (the first): they
    /// were not answered.
    /// </summary>
    [Fact]
    public async Task When_the_store_fails_callers_know_at_once_and_it_goes_on_when_the_store_is_back()
    {
        await using GridSilo silo = await Start();
        silo.Store.Break();
        Assert.Equal(Outcome.Unavailable, (await silo.Member("m0").Admit(Ask.For("a", 5)).Soon()).Outcome);
        Assert.Equal(Outcome.Unavailable, (await silo.Member("m1").Admit(Ask.For("b")).Soon()).Outcome);

        silo.Store.Mend();
        await silo.AdvanceUntil(() => silo.Disk.Admissions().Count == 1, "the retried commit");
        Assert.True((await silo.Member("m0").Admit(Ask.For("a", 5)).Soon()).Replayed);
        AdmissionAnswer again = await silo.Member("m1").Admit(Ask.For("b")).Soon();
        Assert.Equal((Outcome.Admitted, false), (again.Outcome, again.Replayed));
    }

    /// <summary>
    /// A silo that stood still until it was taken for dead wakes with accounts that have gone on elsewhere: it must not refuse what is admitted (L4). A run of <c>chaos</c> showed
    /// it: told ADMITTED by one silo, a caller was told CAPACITY_EXCEEDED by one that had been frozen. Seen to fail (LANE_UNKNOWN, KEY_UNKNOWN) with
    /// RequestDecider.Proven and the proof of MemberGrain.Cancel left out.
    /// </summary>
    [Fact]
    public async Task A_silo_that_stood_still_and_is_sealed_refuses_nothing()
    {
        await using GridSilo silo = await Start();
        IMemberGrain member = silo.Member("m0");
        Assert.Equal(Outcome.LaneUnknown, (await member.Admit(InNoLane("a")).Soon()).Outcome);
        await silo.Store.SealAsync(silo.Disk.Producers[^1].Producer, TestContext.Current.CancellationToken);
        ((FakeTimeProvider)silo.Time).Advance(TimeSpan.FromMilliseconds(LedgerOptions.ProofMs));
        Task<AdmissionAnswer> refused = member.Admit(InNoLane("b")).AsTask();
        Task<CancelAnswer> cancelled = member.Cancel("c", 0, "relay").AsTask();
        Assert.Equal(Outcome.Unavailable, (await refused.Soon()).Outcome);
        Assert.Equal(CancelOutcome.Unavailable, (await cancelled.Soon()).Outcome);
    }

    /// <summary>While commits go on, refusals cost none and wait for none. Seen to fail (not answered) with the time left out of LedgerWriter.Proof.</summary>
    [Fact]
    public async Task A_refusal_soon_after_a_commit_waits_for_nothing()
    {
        await using GridSilo silo = await Start();
        IMemberGrain member = silo.Member("m0");
        Assert.Equal(Outcome.Admitted, (await member.Admit(Ask.For("a")).Soon()).Outcome);
        silo.Store.Hold();
        Assert.Equal(Outcome.LaneUnknown, (await member.Admit(InNoLane("b")).Soon()).Outcome);
        ((FakeTimeProvider)silo.Time).Advance(TimeSpan.FromMilliseconds(LedgerOptions.ProofMs));
        Task<AdmissionAnswer> later = member.Admit(InNoLane("c")).AsTask();
        await Eventually.True(() => silo.Store.Held == 1, "a commit for the refusal");
        Assert.False(later.IsCompleted);
        silo.Store.Release();
        Assert.Equal(Outcome.LaneUnknown, (await later.Soon()).Outcome);
    }

    // Answers that were ready before it have arrived by the end. A thread of the pool takes its newest work first: calls that follow one
    // another can leave an older answer lying for as long as they go on.
    private static async Task<MemberState> Quiet(IMemberGrain member)
    {
        for (int i = 0; i < 10; i++)
        {
            await member.GetState();
            await Eventually.True(() => ThreadPool.PendingWorkItemCount == 0, "a pool with nothing to do");
        }

        return await member.GetState();
    }

    private static AdmissionRequest InNoLane(string key) => new() { Key = key, Units = 1, Lane = "none", MaxWaitMs = 0, Caller = "relay" };

    private static AdmissionRequest Relaxed(string key) => new() { Key = key, Units = 1, Relaxed = true, MaxWaitMs = 0, Caller = "relay" };

    private static async Task<GridSilo> Start(ClassPolicy? policy = null)
    {
        GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        await silo.Found("homes", policy ?? Ask.Ample, 2);
        await silo.Step(2000);
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf("homes")))!;
        await silo.AdvanceUntil(() => gate.AllowsRelaxed(silo.Service<GridClock>().Read().Micros), "an answer to a late exchange");
        await Eventually.True(() => silo.Store.Held == 0, "a store at rest");
        return silo;
    }
}
