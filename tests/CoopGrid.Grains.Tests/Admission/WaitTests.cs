using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Admission;

/// <summary>Waiting in place for room (SPEC.md §5): 100 units/s into an empty bucket, and requests of 5 units.</summary>
public sealed class WaitTests
{
    private static readonly ClassPolicy Narrow = new()
    {
        Capacity = new() { UnitsPerSecond = 100, BurstUnits = 100, MaxRequestUnits = 10 },
        Lanes = [new() { Name = "standard", LongestWaitMs = 100 }],
    };

    [Fact]
    public async Task A_request_that_may_wait_gets_in_when_there_is_room()
    {
        (GridSilo silo, IMemberGrain member) = await Start();
        await using GridSilo _ = silo;
        Instant start = Instant.Now(silo.Time);
        Task<AdmissionAnswer> waiting = member.Admit(Ask.For("a", 5, wait: null)).AsTask();
        await member.GetState();
        Assert.False(waiting.IsCompleted);

        await silo.AdvanceUntil(() => waiting.IsCompleted, "an answer", stepMs: 1);
        Assert.Equal(Outcome.Admitted, (await waiting).Outcome);
        Admitted entry = Assert.Single(silo.Disk.Admissions());
        Assert.InRange(entry.At.UnixMicroseconds - start.UnixMicroseconds, 50_000, 55_000);
    }

    [Fact]
    public async Task A_request_that_may_not_wait_is_refused_at_once_and_told_when_to_retry()
    {
        (GridSilo silo, IMemberGrain member) = await Start();
        await using GridSilo _ = silo;
        AdmissionAnswer answer = await member.Admit(Ask.For("a", 5, wait: 0)).Soon();
        Assert.Equal((Outcome.CapacityExceeded, 50), (answer.Outcome, answer.RetryAfterMs));
        await silo.Step(50);
        Assert.Equal(Outcome.Admitted, (await member.Admit(Ask.For("a", 5, wait: 0)).Soon()).Outcome);
    }

    /// <summary>The wait is the shorter of the caller's and the lane's. Seen to fail (admitted after 110 ms) with the lane's left out of MemberGrain.Refuse.</summary>
    [Theory]
    [InlineData(20, 5, 20)]
    [InlineData(5000, 10, 100)]
    public async Task A_wait_in_vain_ends_in_time(int wait, int behind, int expectedMs)
    {
        (GridSilo silo, IMemberGrain member) = await Start();
        await using GridSilo _ = silo;
        Instant start = Instant.Now(silo.Time);

        // Who waits before it takes what flows in.
        Task<AdmissionAnswer> first = member.Admit(Ask.For("first", behind, wait: null)).AsTask();
        await member.GetState();
        Task<AdmissionAnswer> waiting = member.Admit(Ask.For("a", 10, wait: wait)).AsTask();
        await silo.AdvanceUntil(() => waiting.IsCompleted, "an answer", stepMs: 1);
        Assert.Equal(Outcome.CapacityExceeded, (await waiting).Outcome);
        Assert.InRange(Instant.Now(silo.Time).UnixMs - start.UnixMs, expectedMs, expectedMs + 5);
        await silo.AdvanceUntil(() => first.IsCompleted, "the first's answer", stepMs: 1);
        Assert.Equal(Outcome.Admitted, (await first).Outcome);
    }

    /// <summary>
    /// Waits for the 26 units that must be there for a member above the mean; at its end the mean has risen above it, and there are 6.
    /// Seen to fail (refused, as one whom "protected demand alone" had left no room) with the gate not asked again.
    /// </summary>
    [Fact]
    public async Task A_wait_in_vain_ends_with_a_look_at_the_room_that_there_is_for_the_member_by_then()
    {
        ClassPolicy slow = Narrow with { Capacity = Narrow.Capacity with { UnitsPerSecond = 20 }, Lanes = [new() { Name = "standard", LongestWaitMs = 600 }] };
        await using GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        IMemberGrain[] members = await silo.Found("homes", slow, 2);
        Task<AdmissionAnswer> before = members[0].Admit(Ask.For("before", 5, wait: null)).AsTask();
        await silo.AdvanceUntil(() => before.IsCompleted, "the first answer", stepMs: 1);
        await silo.Step(100);

        Task<AdmissionAnswer> waiting = members[0].Admit(Ask.For("a", 1, wait: null)).AsTask();
        await members[0].GetState();
        Task<AdmissionAnswer> other = members[1].Admit(Ask.For("b", 6, wait: null)).AsTask();
        await members[1].GetState();
        await silo.AdvanceUntil(() => waiting.IsCompleted, "an answer", stepMs: 1);
        Assert.Equal(Outcome.Admitted, (await other).Outcome);
        Assert.Equal((Outcome.Admitted, ""), ((await waiting).Outcome, (await waiting).Reason));
    }

    private static async Task<(GridSilo Silo, IMemberGrain Member)> Start()
    {
        GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        IMemberGrain[] members = await silo.Found("homes", Narrow, 1);
        return (silo, members[0]);
    }
}
