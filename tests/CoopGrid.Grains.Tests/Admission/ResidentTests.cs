using CoopGrid.Grains.Admission;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Configuration;
using Xunit;

namespace CoopGrid.Grains.Tests.Admission;

/// <summary>Members that a door decides on without a grain call, and until when it does.</summary>
public sealed class ResidentTests
{
    private static readonly MemberId Zero = new(GridSilo.Coop, "m0");

    /// <summary>
    /// Seen to fail with RequestDecider.IsOwner always true (the old key was answered), and, by an exception, with the decider telling an
    /// activation that is gone to deactivate itself.
    /// </summary>
    [Fact]
    public async Task A_decider_whose_activation_has_lost_the_claim_decides_nothing()
    {
        await using GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        await silo.Found("homes", Ask.Ample, 1);
        await silo.Step(1000);
        IResidentMembers residents = silo.Service<IResidentMembers>();
        IRequestDecider decider = residents.Find(Zero)!;
        Assert.Equal(Outcome.Admitted, (await Decided(decider, "a")).Outcome);
        ClaimTable claims = silo.Service<ClaimTable>();
        var second = new object();
        MemberClaim claim = await claims.ClaimAsync(Zero, second);
        long sequence = claim.Account.Sequence;

        Assert.Null(residents.Find(Zero));
        Assert.Equal(Outcome.Unavailable, (await Decided(decider, "a")).Outcome);
        Assert.Equal(Outcome.Unavailable, (await Decided(decider, "b")).Outcome);
        Assert.Equal(sequence, claim.Account.Sequence);

        // Nor once nobody owns it, saved and thrown out.
        await silo.Service<Checkpointer>().SaveAllAsync(TestContext.Current.CancellationToken);
        claims.Release(claim, second);
        Assert.True(claim.Evicted);
        Assert.Equal(Outcome.Unavailable, (await Decided(decider, "b")).Outcome);
        Assert.Equal(["a"], silo.Disk.Admissions().Select(entry => entry.Key));
        Assert.Equal(Outcome.Admitted, (await silo.Member("m0").Admit(Ask.For("b")).Soon()).Outcome);
        Assert.Equal(Outcome.Admitted, (await Decided(residents.Find(Zero)!, "c")).Outcome);
    }

    /// <summary>
    /// Seen to fail with RequestDecider.IsUsed left out of Find, with the door's own decisions taken for calls (both: still found after
    /// CollectionAge / 4), and with MemberGrain's calls not counted (never found again).
    /// </summary>
    [Fact]
    public async Task Now_and_then_a_busy_members_grain_is_called_or_the_silo_would_collect_it()
    {
        await using GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)), more: Collection);
        IMemberGrain member = (await silo.Found("homes", Ask.Ample, 1))[0];
        await silo.Step(1000);
        IResidentMembers residents = silo.Service<IResidentMembers>();
        Assert.Equal(Outcome.Admitted, (await member.Admit(Ask.For("called")).Soon()).Outcome);

        // What the door decides is no call.
        await silo.Step(9000);
        Assert.Equal(Outcome.Admitted, (await Decided(residents.Find(Zero)!, "a")).Outcome);
        await silo.Step(999);
        Assert.NotNull(residents.Find(Zero));
        await silo.Step(1);
        Assert.Null(residents.Find(Zero));

        Assert.Equal(Outcome.Admitted, (await member.Admit(Ask.For("b")).Soon()).Outcome);
        Assert.Equal(Outcome.Admitted, (await Decided(residents.Find(Zero)!, "c")).Outcome);
        await silo.Step(10_000);
        Assert.Null(residents.Find(Zero));
        await member.AdmitBatch([Ask.For("d")]).Soon();
        Assert.NotNull(residents.Find(Zero));
    }

    private static async Task<AdmissionAnswer> Decided(IRequestDecider decider, string key) =>
        await (await decider.Pledge(Ask.For(key)).Soon()).Settled().Soon();

    private static void Collection(ISiloBuilder silo) => silo.Services.Configure<GrainCollectionOptions>(options =>
    {
        options.CollectionQuantum = TimeSpan.FromSeconds(5);
        options.CollectionAge = TimeSpan.FromSeconds(40);
    });
}
