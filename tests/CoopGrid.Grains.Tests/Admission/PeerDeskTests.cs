using System.Collections.Immutable;
using CoopGrid.Grains.Admission.Peers;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Admission;

/// <summary>What a silo decides for the doors of others.</summary>
public sealed class PeerDeskTests
{
    private static readonly MemberId Zero = new(GridSilo.Coop, "m0");
    private static readonly MemberId Nobody = new(GridSilo.Coop, "nobody");

    [Fact]
    public async Task It_decides_for_members_that_are_here_each_in_order()
    {
        await using GridSilo silo = await Start(Ask.Ample);
        await silo.Step(1000);
        MemberId one = new(GridSilo.Coop, "m1");
        ImmutableArray<ImmutableArray<AdmissionAnswer>> told =
            await silo.Service<PeerDesk>().Admit([new(Zero, [Ask.For("a"), Ask.For("b", 2)]), new(Nobody, [Ask.For("a")]), new(one, [Ask.For("a", 3)])]).Soon();

        Assert.Equal([1, 2], told[0].Select(answer => answer.Units));
        Assert.Empty(told[1]);
        Assert.Equal(3, Assert.Single(told[2]).Units);
        Assert.Equal(["a", "b", "a"], silo.Disk.Admissions().Select(entry => entry.Key));
    }

    /// <summary>Seen to fail with RequestDecider.PledgeAtOnce refusing instead.</summary>
    [Fact]
    public async Task Who_would_have_to_wait_for_room_is_not_decided_and_counts_for_nothing()
    {
        await using GridSilo silo = await Start(new()
        {
            Capacity = new() { UnitsPerSecond = 100, BurstUnits = 100, MaxRequestUnits = 10 },
            Lanes = [new() { Name = "standard", LongestWaitMs = 1000 }],
        });
        ImmutableArray<AdmissionAnswer> told = (await silo.Service<PeerDesk>().Admit([new(Zero, [Ask.For("a", 10, wait: null), Ask.For("b", 10, wait: 0)])]).Soon())[0];
        Assert.Equal([true, false], told.Select(answer => answer.Moved));
        Assert.Equal(Outcome.CapacityExceeded, told[1].Outcome);
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf("homes")))!;
        Assert.Equal(10, Assert.Single(gate.Report(1, lastTick: null).Lanes).Demanded);
    }

    private static async Task<GridSilo> Start(ClassPolicy policy)
    {
        GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        await silo.Found("homes", policy, 2);
        return silo;
    }
}
