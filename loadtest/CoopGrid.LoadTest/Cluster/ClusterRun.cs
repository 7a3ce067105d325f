using CoopGrid.Client;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.LoadTest.Sending;
using CoopGrid.LoadTest.Wire;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>
/// Measures clusters of some sizes on one PostgreSQL, each on a database of its own. All of them are started and warmed up first and then measured by turns,
/// so that a machine whose speed changes from minute to minute changes it for all sizes alike.
/// </summary>
internal sealed class ClusterRun(string dll, string folder, ClusterLoad load, TimeProvider clock)
{
    private static readonly TimeSpan EnrolPatience = TimeSpan.FromSeconds(60);

    // Four silos on two cores compile for a minute and a half, and costs come down in steps.
    private const int MostWarmUps = 40;
    private const int WarmAfter = 3;
    private const double Hardly = 0.95;
    private const double Little = 0.02;

    /// <param name="sizes">Numbers of silos, in the order of measuring.</param>
    /// <param name="rounds">How often each is measured.</param>
    /// <param name="told">Hears of each measurement.</param>
    public async Task<IReadOnlyList<ClusterSide>> RunAsync(IReadOnlyList<int> sizes, int rounds, Action<ClusterSide> told, CancellationToken stop)
    {
        await using PrivatePostgres database = await PrivatePostgres.StartNewAsync(stop: stop);
        var clusters = new List<SiloCluster>();
        var members = new List<int[][]>();
        try
        {
            foreach (int silos in sizes)
            {
                clusters.Add(await NewClusterAsync(database, $"grid{clusters.Count}", silos, stop));
                await clusters[^1].StartAsync(silos, stop);
                await EnrolAsync(clusters[^1], stop);
                members.Add(load.AtHome ? await Homes.FindAsync(clusters[^1], load.Members, clock, stop) : [.. Enumerable.Repeat<int[]>([.. Enumerable.Range(0, load.Members)], silos)]);
                await WarmUpAsync(database, clusters[^1], members[^1]);
            }

            var sides = new List<ClusterSide>();
            for (int measured = 0; measured < rounds * clusters.Count; measured++)
            {
                stop.ThrowIfCancellationRequested();
                sides.Add(await MeasureAsync(load, database, clusters[measured % clusters.Count], members[measured % clusters.Count]));
                told(sides[^1]);
            }

            return sides;
        }
        finally
        {
            foreach (SiloCluster cluster in clusters) await cluster.DisposeAsync();
        }
    }

    // A silo that shares its machine is told its share of it, as a container is by its limit: a pool of threads for all cores in each would only make them
    // take the cores from each other.
    private async Task<SiloCluster> NewClusterAsync(PrivatePostgres database, string name, int silos, CancellationToken stop)
    {
        var share = new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = $"{Math.Max(1, Environment.ProcessorCount / silos)}" };
        string own = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        await database.CreateDatabaseAsync(name, stop);
        return new(new ClusterOptions { Dll = dll, Charter = await FoundAsync(own, stop), Folder = own, Settings = _ => share }, database.ConnectionString(name));
    }

    private async Task EnrolAsync(SiloCluster cluster, CancellationToken stop)
    {
        using var client = new CoopGridClient(new CoopGridOptions { Addresses = cluster.Addresses, Deadline = EnrolPatience });
        await Enrolment.EnrolAsync(client, ClusterCharter.Coop, ClusterCharter.Class, Workload.Names(ClusterCharter.MemberPrefix, load.Members), stop);
    }

    /// <summary>
    /// Rounds that do not count, while silos compile and optimise their code and members find their silos: until some rounds in a row cost hardly less
    /// than the best before, and hardly anything was compiled in them.
    /// </summary>
    private async Task WarmUpAsync(PrivatePostgres database, SiloCluster cluster, int[][] members)
    {
        ClusterLoad half = load with { Measured = load.Measured / 2 };
        double best = double.MaxValue;
        for (int round = 0, flat = 0; round < MostWarmUps && flat < WarmAfter; round++)
        {
            TimeSpan compiling = Compiling(cluster), running = Running(cluster);
            double cost = (await MeasureAsync(half, database, cluster, members)).CpuMicros;
            bool compiled = (Compiling(cluster) - compiling) > Little * (Running(cluster) - running);
            flat = cost > best * Hardly && !compiled ? flat + 1 : 0;
            best = Math.Min(best, cost);
        }
    }

    private static TimeSpan Compiling(SiloCluster cluster) => cluster.Living.Aggregate(TimeSpan.Zero, (time, silo) => time + silo.CompilerTime);

    private static TimeSpan Running(SiloCluster cluster) => Times(cluster).Aggregate(TimeSpan.Zero, (time, silo) => time + silo);

    private async Task<ClusterSide> MeasureAsync(ClusterLoad some, PrivatePostgres database, SiloCluster cluster, int[][] members)
    {
        int[] ports = [.. cluster.Living.Select(silo => silo.Ports.Grpc)];
        TimeSpan[] before = Times(cluster);
        TimeSpan postgresBefore = ProcessTable.FamilyTime(database.ProcessId);
        IReadOnlyList<WireResult> results = await some.RunAsync(ports, members, clock);
        TimeSpan postgres = ProcessTable.FamilyTime(database.ProcessId) - postgresBefore;
        return Side(results, [.. Times(cluster).Zip(before, (after, earlier) => after - earlier)], postgres);
    }

    private static TimeSpan[] Times(SiloCluster cluster) => [.. cluster.Living.Select(silo => silo.ProcessorTime)];

    private static ClusterSide Side(IReadOnlyList<WireResult> results, TimeSpan[] silos, TimeSpan postgres)
    {
        var latency = new LatencyLog();
        foreach (WireResult result in results) latency.Add(result.Latency);
        long calls = Math.Max(1, results.Sum(result => result.Calls));
        return new ClusterSide(
            silos.Length, Math.Round(results.Sum(result => result.AdmittedRate), 1), results.Sum(result => result.Answered), results.Sum(result => result.Admitted),
            results.Sum(result => result.Failed), results.Sum(result => result.Unanswered), Refused(results), latency.Read(),
            [.. silos.Select(time => Each(time, calls))], Each(postgres, calls));
    }

    private static SortedDictionary<string, long> Refused(IReadOnlyList<WireResult> results) => new(Enum.GetValues<Outcome>()
        .Where(outcome => outcome != Outcome.Admitted && results.Any(result => result.Outcomes[(int)outcome] > 0))
        .ToDictionary(outcome => $"{outcome}", outcome => results.Sum(result => result.Outcomes[(int)outcome])));

    private static double Each(TimeSpan time, long calls) => Math.Round(time.TotalMicroseconds / calls, 2);

    private static async Task<string> FoundAsync(string folder, CancellationToken stop)
    {
        string file = Path.Combine(folder, "charter.json");
        await File.WriteAllTextAsync(file, ClusterCharter.Json, stop);
        return file;
    }
}
