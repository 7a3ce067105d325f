using CoopGrid.Client;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>Finds out which silo holds which member, by asking every silo for all of them.</summary>
internal static class Homes
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(200);

    /// <returns>By silo the numbers of its members.</returns>
    /// <exception cref="TimeoutException">A silo does not say where it is to be asked, or members do not come to rest.</exception>
    public static async Task<int[][]> FindAsync(SiloCluster cluster, int members, TimeProvider clock, CancellationToken stop)
    {
        CoopGridClient[] doors = [.. cluster.Addresses.Select(address => new CoopGridClient(new CoopGridOptions { Addresses = [address], FollowHomes = false, Deadline = Patience }))];
        try
        {
            long started = clock.GetTimestamp();
            while (true)
            {
                bool[][] isHere = await Task.WhenAll(doors.Select(door => AskAsync(door, members, stop)));

                // The silo that names no other one is the home, once the silos have told each other where they are asked.
                if (Enumerable.Range(0, members).All(member => isHere.Count(silo => silo[member]) == 1))
                    return [.. isHere.Select(silo => Enumerable.Range(0, members).Where(member => silo[member]).ToArray())];
                if (clock.GetElapsedTime(started) > Patience) throw new TimeoutException("Silos do not agree on which members they hold.");
                await Task.Delay(AskEvery, clock, stop);
            }
        }
        finally
        {
            foreach (CoopGridClient door in doors) door.Dispose();
        }
    }

    private static async Task<bool[]> AskAsync(CoopGridClient door, int members, CancellationToken stop)
    {
        string run = $"{Guid.NewGuid():N}"[..12];
        var isHere = new List<bool>(members);
        foreach (string[] chunk in Workload.Names(ClusterCharter.MemberPrefix, members).Chunk(CoopGridClient.MaxBatch))
        {
            AdmitRequest[] asked = [.. chunk.Select(name => new AdmitRequest { Coop = ClusterCharter.Coop, Member = name, Units = 1, Key = $"home-{run}-{name}" })];
            isHere.AddRange((await door.AdmitBatchAsync(asked, stop)).Select(answer => answer.IsAdmitted && answer.Reply.Home.Length == 0));
        }

        return [.. isHere];
    }
}
