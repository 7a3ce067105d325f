using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Orleans.TestingHost;
using Xunit;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>Orleans' own AdoNet storage, in a real silo, over our schema and statements, for every adapter.</summary>
public abstract class GrainStateConformance<TStores> : IAsyncLifetime
    where TStores : StoresUnderTest, new()
{
    private InProcessTestCluster _cluster = null!;

    protected TStores Stores { get; } = new();

    protected IGrainStorage Storage => _cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IGrainStorage>("checkpoints");

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => Stores.Storage.AddGrainState(silo, "checkpoints"));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    [Fact]
    public async Task State_is_written_read_and_cleared()
    {
        GrainId grain = GrainId.Create("member", "isle/ann");
        var written = new GrainState<ClassPolicy>(new() { Version = 41 });
        await Storage.WriteStateAsync("memberState", grain, written);
        Assert.Equal("1", written.ETag);
        written.State = written.State! with { Version = 42 };
        await Storage.WriteStateAsync("memberState", grain, written);
        Assert.Equal("2", written.ETag);

        GrainState<ClassPolicy> read = await Read(grain);
        Assert.True(read.RecordExists);
        Assert.Equal((42, "2"), (read.State!.Version, read.ETag));
        Assert.Equal(written.State.Lanes.Length, read.State!.Lanes.Length);
        Assert.False((await Read(GrainId.Create("member", "isle/bob"))).RecordExists);

        await Storage.ClearStateAsync("memberState", grain, read);
        Assert.False(read.RecordExists);
        Assert.False((await Read(grain)).RecordExists);
        await Storage.WriteStateAsync("memberState", grain, read);
        Assert.True((await Read(grain)).RecordExists);
    }

    [Fact]
    public async Task A_stale_etag_is_refused_and_changes_nothing()
    {
        // Seen to fail with the conditions on Version taken out of the two statements.
        GrainId grain = GrainId.Create("member", "isle/ann");
        var first = new GrainState<ClassPolicy>(new() { Version = 1 });
        await Storage.WriteStateAsync("memberState", grain, first);
        GrainState<ClassPolicy> second = await Read(grain);
        second.State = new() { Version = 2 };
        await Storage.WriteStateAsync("memberState", grain, second);

        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("memberState", grain, first));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("memberState", grain, first));
        var blind = new GrainState<ClassPolicy>(new() { Version = 3 });
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("memberState", grain, blind));
        var ghost = new GrainState<ClassPolicy>(new(), "7");
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("memberState", GrainId.Create("member", "isle/eve"), ghost));
        Assert.Equal(2, (await Read(grain)).State!.Version);
        Assert.False((await Read(GrainId.Create("member", "isle/eve"))).RecordExists);
    }

    [Fact]
    public async Task Keys_of_every_kind_are_kept_apart()
    {
        GrainId[] grains =
        [
            GrainId.Create("member", "isle/ann"), GrainId.Create("member", "isle/Ann"),
            GrainId.Create(GrainType.Create("member"), GrainIdKeyExtensions.CreateIntegerKey(5)), GrainId.Create(GrainType.Create("member"), GrainIdKeyExtensions.CreateIntegerKey(5, "x")),
            GrainId.Create(GrainType.Create("member"), GrainIdKeyExtensions.CreateGuidKey(new Guid("00000000-0000-0000-0000-000000000005"), "y")),
        ];
        for (int i = 0; i < grains.Length; i++)
        {
            await Storage.WriteStateAsync("memberState", grains[i], new GrainState<ClassPolicy>(new() { Version = i }));
            await Storage.WriteStateAsync("otherState", grains[i], new GrainState<ClassPolicy>(new() { Version = -1 }));
        }

        for (int i = 0; i < grains.Length; i++) Assert.Equal(i, (await Read(grains[i])).State!.Version);
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Stores.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<GrainState<ClassPolicy>> Read(GrainId grain)
    {
        var state = new GrainState<ClassPolicy>();
        await Storage.ReadStateAsync("memberState", grain, state);
        return state;
    }
}
