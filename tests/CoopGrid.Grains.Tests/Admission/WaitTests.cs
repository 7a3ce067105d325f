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

    private static async Task<(GridSilo Silo, IMemberGrain Member)> Start()
    {
        GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        IMemberGrain[] members = await silo.Found("homes", Narrow, 1);
        return (silo, members[0]);
    }
}
