namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>What befalls silos, the database and the clocks while the load lasts.</summary>
internal sealed class SimTroubles(SimCluster cluster)
{
    private readonly List<(Faults Kind, Action Happens)> _kinds = [.. Kinds(cluster).Where(kind => cluster.Plan.Has(kind.Kind))];

    /// <summary>One of them happens.</summary>
    public void Happen()
    {
        if (_kinds.Count == 0 || cluster.World.IsCalm) return;
        (Faults kind, Action happens) = cluster.World.Pick(_kinds);
        cluster.World.Note(() => $"trouble: {kind}");
        happens();
    }

    private static IEnumerable<(Faults Kind, Action Happens)> Kinds(SimCluster cluster)
    {
        SimWorld world = cluster.World;
        yield return (Faults.Crash, () => ToOne(cluster, cluster.Crash));
        yield return (Faults.Freeze, () => ToOne(cluster, silo => Freeze(cluster, silo)));
        yield return (Faults.Freeze, () => ToOne(cluster, silo => Freeze(cluster, silo)));
        yield return (Faults.WrongDeath, () => ToOne(cluster, cluster.DeclareDead));
        yield return (Faults.Drain, () => ToOne(cluster, silo => silo.Stop()));
        yield return (Faults.Join, () => cluster.Join());
        yield return (Faults.Outage, () => cluster.Store.DownUntil = world.Now + world.Draw(50_000L, 1_500_000));
        yield return (Faults.Directory, cluster.Move);
        yield return (Faults.Directory, cluster.MoveClass);
        yield return (Faults.Clock, () => ToOne(cluster, silo => silo.Time.WallOffMicros += world.Draw(-5_000_000L, 5_000_000)));
    }

    // One at least is left to go on.
    private static void ToOne(SimCluster cluster, Action<SimSilo> harm)
    {
        List<SimSilo> well = [.. cluster.Open.Where(silo => silo.FrozenSince is null && !cluster.IsDeclaredDead(silo))];
        if (well.Count < 2) cluster.Join();
        if (well.Count > 0) harm(cluster.World.Pick(well));
    }

    // Frozen for longer than others wait, it is declared dead, and wakes up again.
    private static void Freeze(SimCluster cluster, SimSilo silo)
    {
        SimWorld world = cluster.World;
        long length = world.Chance(300) ? world.Draw(20_000L, 300_000) : world.Draw(300_000L, 4_000_000);
        silo.FrozenSince = world.Now;
        silo.Scheduler.Freeze();
        if (world.Chance(cluster.Plan.DeclaredPermille))
        {
            world.After(world.Draw(200_000L, 1_500_000), () =>
            {
                if (silo.FrozenSince is not null) cluster.DeclareDead(silo);
            });
        }

        world.After(length, () =>
        {
            world.Note(() => $"silo {silo.Number}: wakes up");
            silo.FrozenSince = null;
            silo.Scheduler.Thaw();
            world.After(world.Draw(0L, 300_000), silo.View.SeeAll);
        });
    }
}
