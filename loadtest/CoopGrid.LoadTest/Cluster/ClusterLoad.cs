using CoopGrid.LoadTest.Wire;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>A closed loop through all silos at once. What is in flight is the same for any number of silos.</summary>
internal sealed record ClusterLoad
{
    private const int MostConnections = 4;

    /// <summary>Members 0 up to this.</summary>
    public int Members { get; init; } = 1024;

    /// <summary>Whether each is asked for at the silo that holds it, as by a relay that follows homes; else all at all silos.</summary>
    public bool AtHome { get; init; }

    /// <summary>Requests in flight at all silos together.</summary>
    public int InFlight { get; init; } = 256;

    /// <summary>Requests in a batch; 1 = unary calls.</summary>
    public int Batch { get; init; } = 1;

    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan Measured { get; init; } = TimeSpan.FromSeconds(20);

    /// <param name="ports">Of the silos.</param>
    /// <param name="members">Whom to ask for at each of them: numbers.</param>
    /// <returns>What came back from each.</returns>
    public async Task<IReadOnlyList<WireResult>> RunAsync(IReadOnlyList<int> ports, IReadOnlyList<int[]> members, TimeProvider clock) =>
        await Task.WhenAll(ports.Select((port, place) => Batch > 1
            ? new BatchLoad(this, port, members[place], Math.Max(1, InFlight / Batch / ports.Count), clock).RunAsync()
            : Task.Factory.StartNew(() => WireLoad.Run(Unary(port, place, ports.Count) with { Chosen = members[place] }, clock), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    private WireOptions Unary(int port, int place, int silos)
    {
        int connections = Math.Max(1, MostConnections / silos);
        return new()
        {
            Port = port,
            Prototype = new AdmitRequest { Coop = ClusterCharter.Coop, Member = ClusterCharter.MemberPrefix, Units = 1, Key = $"{Guid.NewGuid():N}"[..12] + $"-{place}-" },
            Connections = connections,
            Streams = Math.Max(1, InFlight / silos / connections),
            Measured = Measured,
            WarmUp = WarmUp,
        };
    }
}
