using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Cluster.Links;

namespace CoopGrid.LoadTest.Chaos.Faults;

/// <summary>All that faults happen to: a cluster, its database, the links between them, and the silos' clocks.</summary>
/// <param name="Silos">Places that are always meant to have a silo; one more is a guest's.</param>
/// <param name="Database">Null for a silo on its own data folder.</param>
/// <param name="Links">Null without a database.</param>
internal sealed record Scene(SiloCluster Cluster, int Silos, PrivatePostgres? Database, SceneLinks? Links, SteppedClocks Clocks)
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
            if (Silos > 1) kinds.AddRange([FaultKind.CutSilos, FaultKind.SilenceSilos]);
            return kinds;
        }
    }
}

/// <summary>The links of a scene: of each place to the database, and between each two places.</summary>
internal sealed class SceneLinks : IAsyncDisposable
{
    private readonly LinkGate[] _gates;
    private readonly TcpLink[] _toDatabase;
    private readonly SiloLinks _silos;

    public SceneLinks(int places, PrivatePostgres database, Func<IReadOnlyList<ClusterSilo>> living)
    {
        _gates = [.. Enumerable.Range(0, places).Select(_ => new LinkGate())];
        _toDatabase = [.. _gates.Select(gate => new TcpLink(database.Port, gate))];
        _silos = new SiloLinks(places, living);
    }

    /// <summary>What the silo at a place needs to be told of them.</summary>
    public IReadOnlyDictionary<string, string> Settings(int place, PrivatePostgres database) => new Dictionary<string, string>
    {
        ["CoopGrid__ConnectionString"] = database.ConnectionString("grid", _toDatabase[place].Port),
        ["CoopGrid__Silo__Port"] = $"{_silos.AdvertisedPort(place)}",
        ["CoopGrid__Silo__ListeningPort"] = $"{_silos.ListeningPort(place)}",
    };

    /// <summary>Sets the link between two silos, or of one to the database.</summary>
    /// <param name="other">-1 = the database.</param>
    public void Set(int silo, int other, LinkState state)
    {
        if (other < 0) _gates[silo].Set(state);
        else _silos.Set(silo, other, state);
    }

    public void OpenAll()
    {
        foreach (LinkGate gate in _gates) gate.Set(LinkState.Open);
        _silos.OpenAll();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TcpLink link in _toDatabase) await link.DisposeAsync();
        await _silos.DisposeAsync();
    }
}
