using CoopGrid.Client;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.LoadTest.Sending;
using CoopGrid.LoadTest.Wire;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>Measures clusters of some sizes one after another, each new on a database of its own, on one PostgreSQL.</summary>
internal sealed class ClusterRun(string dll, string folder, ClusterLoad load, TimeProvider clock)
{
    private static readonly TimeSpan EnrolPatience = TimeSpan.FromSeconds(60);

    // Four silos on two cores compile for a minute and a half, and costs come down in steps.
    private const int MostWarmUps = 40;
    private const int WarmAfter = 3;
    private const double Hardly = 0.95;
    private const double Little = 0.02;

    private int _measured;

    /// <param name="sizes">Numbers of silos, in the order of measuring.</param>
    public async Task<IReadOnlyList<ClusterSide>> RunAsync(IEnumerable<int> sizes, Action<ClusterSide> told, CancellationToken stop)
    {
        await using PrivatePostgres database = await PrivatePostgres.StartNewAsync(stop: stop);
        var sides = new List<ClusterSide>();
        foreach (int silos in sizes)
        {
            sides.Add(await MeasureAsync(database, silos, stop));
            told(sides[^1]);
        }

        return sides;
    }

    private async Task<ClusterSide> MeasureAsync(PrivatePostgres database, int silos, CancellationToken stop)
    {
        string name = $"grid{_measured++}";
        string own = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        await database.CreateDatabaseAsync(name, stop);
        await using var cluster = new SiloCluster(new ClusterOptions { Dll = dll, Charter = await FoundAsync(own, stop), Folder = own }, database.ConnectionString(name));
        await cluster.StartAsync(silos, stop);
        using (var client = new CoopGridClient(new CoopGridOptions { Addresses = cluster.Addresses, Deadline = EnrolPatience }))
            await Enrolment.EnrolAsync(client, ClusterCharter.Coop, ClusterCharter.Class, Workload.Names(ClusterCharter.MemberPrefix, load.Members), stop);
        int[] ports = [.. cluster.Living.Select(silo => silo.Ports.Grpc)];
        await WarmUpAsync(database, cluster, ports);
        return await MeasureAsync(load, database, cluster, ports);
    }

    /// <summary>
    /// Rounds that do not count, while silos compile and optimise their code and members find their silos: until some rounds in a row cost hardly less
    /// than the best before, and hardly anything was compiled in them.
    /// </summary>
    private async Task WarmUpAsync(PrivatePostgres database, SiloCluster cluster, int[] ports)
    {
        ClusterLoad half = load with { Measured = load.Measured / 2 };
        double best = double.MaxValue;
        for (int round = 0, flat = 0; round < MostWarmUps && flat < WarmAfter; round++)
        {
            TimeSpan compiling = Compiling(cluster), running = Running(cluster);
            double cost = (await MeasureAsync(half, database, cluster, ports)).CpuMicros;
            bool compiled = (Compiling(cluster) - compiling) > Little * (Running(cluster) - running);
            flat = cost > best * Hardly && !compiled ? flat + 1 : 0;
            best = Math.Min(best, cost);
        }
    }

    private static TimeSpan Compiling(SiloCluster cluster) => cluster.Living.Aggregate(TimeSpan.Zero, (time, silo) => time + silo.CompilerTime);

    private static TimeSpan Running(SiloCluster cluster) => Times(cluster).Aggregate(TimeSpan.Zero, (time, silo) => time + silo);

    private async Task<ClusterSide> MeasureAsync(ClusterLoad some, PrivatePostgres database, SiloCluster cluster, int[] ports)
    {
        TimeSpan[] before = Times(cluster);
        TimeSpan postgresBefore = ProcessTable.FamilyTime(database.ProcessId);
        IReadOnlyList<WireResult> results = await some.RunAsync(ports, clock);
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
            results.Sum(result => result.Failed), results.Sum(result => result.Unanswered), latency.Read(),
            [.. silos.Select(time => Each(time, calls))], Each(postgres, calls));
    }

    private static double Each(TimeSpan time, long calls) => Math.Round(time.TotalMicroseconds / calls, 2);

    private static async Task<string> FoundAsync(string folder, CancellationToken stop)
    {
        string file = Path.Combine(folder, "charter.json");
        await File.WriteAllTextAsync(file, ClusterCharter.Json, stop);
        return file;
    }
}
