using CoopGrid.LoadTest.Cluster;

namespace CoopGrid.LoadTest.Chaos.Faults;

/// <summary>All that faults happen to: a cluster, its database, the links between them, and the silos' clocks.</summary>
/// <param name="Silos">Places that are always meant to have a silo; one more is a guest's.</param>
/// <param name="Database">Null for a silo on its own data folder.</param>
/// <param name="DatabaseLinks">Of each place, the guest's too; empty without a database.</param>
internal sealed record Scene(SiloCluster Cluster, int Silos, PrivatePostgres? Database, IReadOnlyList<TcpLink> DatabaseLinks, SteppedClocks Clocks)
{
    public int Places => Silos + 1;

    /// <summary>What can happen here.</summary>
    public IReadOnlyList<FaultKind> Kinds
    {
        get
        {
            var kinds = new List<FaultKind> { FaultKind.Kill, FaultKind.Pause, FaultKind.Drain };
            if (SteppedClocks.Library is not null) kinds.Add(FaultKind.StepClock);
            if (Database is null) return kinds;
            kinds.AddRange([FaultKind.DatabaseRestart, FaultKind.DatabaseCrash, FaultKind.DatabaseKill, FaultKind.CutDatabase, FaultKind.SilenceDatabase]);
            kinds.AddRange([FaultKind.Freeze, FaultKind.Join, FaultKind.Roll]);
            return kinds;
        }
    }

    /// <summary>Sets the link of a silo to the database.</summary>
    public void SetLinks(int silo, int other, LinkState state)
    {
        if (other < 0) DatabaseLinks[silo].Set(state);
    }

    public void OpenLinks()
    {
        foreach (TcpLink link in DatabaseLinks) link.Set(LinkState.Open);
    }
}
