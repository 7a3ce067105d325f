namespace CoopGrid.LoadTest.Cluster.Links;

/// <summary>
/// Links between silos: in front of each silo's port stands a door of ours at the port that it tells the others, and what comes from another silo passes the gate of
/// the two. Who comes is told by the process that the connection belongs to, so both directions between two silos have one gate.
/// </summary>
internal sealed class SiloLinks : IAsyncDisposable
{
    private readonly Dictionary<(int, int), LinkGate> _gates = [];
    private readonly LinkGate _others = new();
    private readonly Func<IReadOnlyList<ClusterSilo>> _living;
    private readonly TcpLink[] _doors;
    private readonly int[] _targets;

    /// <param name="places">How many.</param>
    /// <param name="living">The silos that live now.</param>
    public SiloLinks(int places, Func<IReadOnlyList<ClusterSilo>> living)
    {
        _living = living;
        for (int one = 0; one < places; one++)
            for (int other = one + 1; other < places; other++) _gates[(one, other)] = new LinkGate();
        _targets = [.. Enumerable.Range(0, places).Select(_ => FreePorts.Next())];
        _doors = [.. Enumerable.Range(0, places).Select(Door)];
    }

    /// <summary>Where the silo at a place listens in truth.</summary>
    public int ListeningPort(int place) => _targets[place];

    /// <summary>What it tells the others.</summary>
    public int AdvertisedPort(int place) => _doors[place].Port;

    /// <summary>Sets the link between two silos.</summary>
    public void Set(int one, int other, LinkState state) => _gates[(Math.Min(one, other), Math.Max(one, other))].Set(state);

    public void OpenAll()
    {
        foreach (LinkGate gate in _gates.Values) gate.Set(LinkState.Open);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TcpLink door in _doors) await door.DisposeAsync();
    }

    private TcpLink Door(int place)
    {
        int port = FreePorts.Next();
        return new TcpLink(_targets[place], port, from => GateOf(place, port, from));
    }

    /// <summary>Somebody who is no other silo, such as a silo that asks itself, passes freely.</summary>
    private LinkGate GateOf(int place, int door, int from)
    {
        IReadOnlyList<ClusterSilo> living = _living();
        int? process = SocketOwner.Find(from, door, living.Select(silo => silo.ProcessId));
        ClusterSilo? caller = living.FirstOrDefault(silo => silo.ProcessId == process);
        return caller is null || caller.Place == place ? _others : _gates[(Math.Min(place, caller.Place), Math.Max(place, caller.Place))];
    }
}
