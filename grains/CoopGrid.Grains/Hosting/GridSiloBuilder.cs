using CoopGrid.Grains.Admission;
using CoopGrid.Grains.Admission.Peers;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Market;
using CoopGrid.Grains.Usage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CoopGrid.Grains.Hosting;

/// <summary>Puts the grid's grains and their memory into a silo.</summary>
public static class GridSiloBuilder
{
    private const int TickQueues = 4;

    /// <summary>
    /// Adds everything but storage: the host registers <see cref="ILedgerStore"/>, <see cref="IMemberDirectory"/>,
    /// <see cref="IClaimStore"/>, <see cref="IClassHeads"/>, <see cref="IPriceHistory"/>, <see cref="ISliceHistory"/>, <see cref="IEntryBooks"/>,
    /// <see cref="ICheckpointStore"/>, bills by <see cref="AddBills"/>, and a grain storage named <see cref="GrainStates.Storage"/>.
    /// </summary>
    public static ISiloBuilder AddGrid(this ISiloBuilder silo)
    {
        IServiceCollection services = silo.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<CheckpointOptions>();
        services.TryAddSingleton(new LedgerOptions());
        services.TryAddSingleton<GridClock>();
        services.AddSingleton(new Background(TaskScheduler.Default));
        services.TryAddSingleton<ISiloMembership, OrleansMembership>();
        services.AddSingleton<LedgerWriter>();
        services.AddSingleton<DirtyQueue>();
        services.AddSingleton<CheckpointStore>();
        services.AddSingleton<SealedTails>();
        services.AddSingleton<Claimer>();
        services.AddSingleton<ClaimTable>();
        services.AddSingleton<AccountLedger>();
        services.AddSingleton<IResidentMembers, ResidentMembers>();
        services.AddSingleton<IPeerMembers, PeerMembers>();
        services.AddSingleton<PeerDesk>();
        silo.AddPlacementDirector<HomePlacement, HomePlacementDirector>();
        silo.AddGrainService<PeerService>();
        services.AddSingleton<Retention>();
        services.AddSingleton<TickPublisher>();
        services.AddSingleton<Checkpointer>();
        services.AddSingleton<ClassGates>();
        services.AddSingleton<Sealer>();
        services.AddSingleton<Drainer>();
        services.AddSingleton<WantWatch>();
        services.AddSingleton<Credits>();
        services.AddSingleton<FinalBills>();
        services.AddSingleton<LateLines>();
        services.AddSingleton<Farewell>();
        services.AddSingleton<SlotCharges>();
        services.TryAddSingleton<IEpochFigures, GrainFigures>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, GridLifecycle>();

        // Ticks are few and a lost one is read from the log. Every look at a queue is a grain call, mostly to another silo, and an idle silo makes them too.
        silo.AddMemoryStreams(TickPublisher.Stream, streams =>
        {
            streams.ConfigurePartitioning(TickQueues);
            streams.ConfigurePullingAgent(agent => agent.Configure(options => options.GetQueueMsgsTimerPeriod = TickPublisher.Interval));
        });
        silo.AddMemoryGrainStorage("PubSubStore");
        return silo;
    }

    /// <summary>Adds the store of bills, so that members hear of what it keeps for them.</summary>
    public static IServiceCollection AddBills(this IServiceCollection services, IBillStore store) =>
        services.AddSingleton<IBillStore>(all => new ToldBills(store, all.GetRequiredService<IGrainFactory>()));
}
