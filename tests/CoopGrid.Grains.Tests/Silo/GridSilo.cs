using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Orleans.Core.Internal;
using Orleans.Storage;
using Orleans.TestingHost;
using Xunit;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>A silo in this process over a <see cref="Disk"/>, with one co-op, "isle".</summary>
internal sealed class GridSilo : IAsyncDisposable
{
    private readonly Power _power = new();
    private readonly InProcessTestCluster _cluster;

    private GridSilo(Disk disk, TimeProvider time, Action<ISiloBuilder>? more)
    {
        Disk = disk;
        Time = time;
        Store = new(disk, _power);
        Bills = new(disk, _power);
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.InitializeClientOnDeploy = false;
        builder.ConfigureSilo((_, silo) =>
        {
            AddStorage(silo.Services);
            silo.Services.AddSingleton(time);
            silo.Services.UseTimeProviderForBackgroundAreas(TimeProvider.System);
            silo.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error));
            silo.AddGrid();
            more?.Invoke(silo);
        });
        _cluster = builder.Build();
    }

    public static string Coop => "isle";

    public Disk Disk { get; }

    /// <summary>The ledger's store, to be held or broken.</summary>
    public DiskLedger Store { get; }

    /// <summary>The store of bills, to be held or broken.</summary>
    public DiskBills Bills { get; }

    public TimeProvider Time { get; }

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    /// <summary>Starts a silo; its predecessor on the disk must be gone.</summary>
    public static async Task<GridSilo> StartAsync(Disk? disk = null, TimeProvider? time = null, Action<ISiloBuilder>? more = null)
    {
        var silo = new GridSilo(disk ?? new(), time ?? TimeProvider.System, more);
        await silo._cluster.DeployAsync().Soon();
        return silo;
    }

    public T Service<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public static ClassId ClassOf(string name) => new(Coop, name);

    public IClassGrain Class(string name) => Grains.GetGrain<IClassGrain>(ClassOf(name).ToString());

    public IMemberGrain Member(string name) => Grains.GetGrain<IMemberGrain>(new MemberId(Coop, name).ToString());

    /// <summary>The member's state, also while activations take it over from each other.</summary>
    public async Task<MemberState> StateOf(string member)
    {
        while (true)
        {
            try
            {
                return await Member(member).GetState().Soon();
            }
            catch (Exception moved) when (moved is InvalidOperationException or OrleansMessageRejectionException)
            {
                // It has moved, or moves; its next activation knows.
            }
        }
    }

    public async Task<IMemberGrain> Enroll(string member, string @class)
    {
        IMemberGrain grain = Member(member);
        MemberAnswer answer = await grain.Enroll(@class);
        Assert.Equal(MemberOutcome.Changed, answer.Outcome);
        return grain;
    }

    /// <summary>Founds a class, enrols members "m0", "m1"…, and waits until the silo has the class's capacity.</summary>
    public async Task<IMemberGrain[]> Found(string @class, ClassPolicy policy, int members, string timeZone = "UTC")
    {
        await Class(@class).Found(policy, timeZone);
        IMemberGrain[] enrolled = await Task.WhenAll(Enumerable.Range(0, members).Select(i => Enroll($"m{i}", @class)));
        await Leased(@class);
        return enrolled;
    }

    /// <summary>Changes a class's policy from the next slice on, as the last step of an executed proposal does.</summary>
    public async Task<PolicyVersion> Change(string @class, ClassPolicy policy)
    {
        PolicyVersion newest = (await Class(@class).GetHistory())[^1];
        Instant now = Instant.Now(Time);
        PolicyVersion next = ExecutedProposal.Of(Disk, now, @class, policy with { Version = newest.Policy.Version + 1 }, policy.Window.SliceAt(now) + 1).Version;
        Assert.True(await Class(@class).Adopt(next));
        return next;
    }

    /// <summary>Waits until the class has leased its capacity to this silo; with a fake clock the bucket is then still empty.</summary>
    public async Task Leased(string @class)
    {
        ClassGate gate = (await Service<ClassGates>().GetAsync(ClassOf(@class)))!;
        bool IsLeased() => gate.View.Signal.LeaseUnitsPerSecond > 0;
        while (!IsLeased())
        {
            if (Time is FakeTimeProvider) await Step(50);
            for (int i = 0; i < 100 && !IsLeased(); i++) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    /// <summary>Has a grain's activation go as soon as it is idle.</summary>
    public static ValueTask Deactivate(IAddressable grain) => grain.Cast<IGrainManagementExtension>().DeactivateOnIdle();

    /// <summary>Moves a fake clock on in small steps, giving the silo a turn after each, until the condition holds.</summary>
    public Task AdvanceUntil(Func<bool> condition, string missing, int stepMs = 25) =>
        AdvanceUntil(() => Task.FromResult(condition()), () => missing, stepMs);

    /// <inheritdoc cref="AdvanceUntil(Func{bool}, string, int)"/>
    public async Task AdvanceUntil(Func<Task<bool>> condition, Func<string> missing, int stepMs)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Eventually.Deadline) throw new TimeoutException($"Still missing: {missing()}");
            await Step(stepMs);

            // What the step set off runs on other threads.
            await Task.Delay(TimeSpan.FromMilliseconds(3), TimeProvider.System);
        }
    }

    /// <summary>
    /// Moves a fake clock on, in pieces that no commit under way takes for a hanging store, and gives the class a turn after each.
    /// </summary>
    public async Task Step(int ms)
    {
        for (; ms > 0; ms -= 100)
        {
            await Eventually.True(() => Store.UnderWay == 0, "the end of a commit");
            ((FakeTimeProvider)Time).Advance(TimeSpan.FromMilliseconds(Math.Min(ms, 100)));
            await Class("homes").GetState();
        }
    }

    /// <summary>Ends the silo as a power cut does: nothing more reaches the disk.</summary>
    public async Task Kill()
    {
        lock (Disk.Lock) _power.Cut();
        Store.Release();
        await _cluster.KillSiloAsync(_cluster.Silos[0]);
        await _cluster.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Store.Release();
        Store.Mend();
        await _cluster.DisposeAsync();
        Store.Dispose();
    }

    private void AddStorage(IServiceCollection services)
    {
        var histories = new DiskHistories(Disk, _power);
        services.AddSingleton<ILedgerStore>(Store);
        services.AddSingleton<IMemberDirectory>(new DiskDirectory(Disk, _power));
        services.AddSingleton<IClaimStore>(new ExclusiveClaims(TimeProvider.System));
        services.AddSingleton<IClassHeads>(histories);
        services.AddSingleton<IPriceHistory>(histories);
        services.AddSingleton<ISliceHistory>(histories);
        services.AddSingleton<IEntryBooks>(new DiskBooks(Disk, _power));
        services.AddSingleton<ICheckpointStore>(histories);
        services.AddBills(Bills);
        services.AddKeyedSingleton<IGrainStorage>(
            GrainStates.Storage,
            (provider, _) => new DiskStates(Disk, _power, new OrleansGrainStorageSerializer(provider.GetRequiredService<Orleans.Serialization.Serializer>())));
    }
}
