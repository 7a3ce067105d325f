using CoopGrid.Client;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Schedule;

namespace CoopGrid.LoadTest.Cluster.Failover;

/// <summary>
/// Kills one silo of a cluster after another under load, and starts it again each time. Only silos that live are asked, so that what fails is
/// the grid's and not the caller's choice.
/// </summary>
internal sealed class FailoverRun(FailoverOptions options, string folder, TimeProvider clock)
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan EnrolPatience = TimeSpan.FromSeconds(60);

    /// <param name="told">Is told of each death as it is judged.</param>
    public async Task<IReadOnlyList<KillReport>> RunAsync(Action<KillReport> told, CancellationToken stop)
    {
        await using PrivatePostgres database = await PrivatePostgres.StartNewAsync(stop: stop);
        await database.CreateDatabaseAsync("grid", stop);
        string charter = Path.Combine(folder, "charter.json");
        await File.WriteAllTextAsync(charter, FailoverCharter.Json(options.UnitsPerSecond), stop);
        await using var cluster = new SiloCluster(
            new ClusterOptions { Dll = options.Dll, Charter = charter, Folder = folder, Settings = _ => options.Settings }, database.ConnectionString("grid"));
        await cluster.StartAsync(options.Silos, stop);
        using (var client = new CoopGridClient(new CoopGridOptions { Addresses = cluster.Addresses, Deadline = EnrolPatience }))
            await Enrolment.EnrolAsync(client, FailoverCharter.Coop, FailoverCharter.Class, Workload.Names(FailoverCharter.MemberPrefix, options.Members), stop);

        var askers = new Askers(options.Members, options.Pace, TimeSpan.FromSeconds(1), clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task asking = askers.RunAsync(ending.Token);
        var reports = new List<KillReport>();
        for (int kill = 0; kill < options.Kills; kill++)
        {
            reports.Add(await KillAsync(kill % options.Silos, cluster, database, askers, stop));
            told(reports[^1]);
        }

        await ending.CancelAsync();
        await asking;
        return reports;
    }

    private async Task<KillReport> KillAsync(int place, SiloCluster cluster, PrivatePostgres database, Askers askers, CancellationToken stop)
    {
        // All are asked until members have spread, then the one that is to die is left out, so that no caller hangs on its door.
        askers.AskAt(cluster.Living.Select(silo => silo.Ports.GrpcAddress));
        await Task.Delay(Settling, clock, stop);
        askers.AskAt(cluster.Living.Where(silo => silo.Place != place).Select(silo => silo.Ports.GrpcAddress));
        await Task.Delay(Settling, clock, stop);
        HashSet<int> there = await HeldAtAsync(cluster.At(place), database, stop);
        double died = askers.NowMs;
        cluster.At(place).Send(options.Freeze ? Signal.Stop : Signal.Kill);
        await Task.Delay(options.Watch, clock, stop);
        KillReport report = KillReport.Of(place, there, options.Members, died, askers.NowMs - 2000, askers.Asks);
        if (options.Freeze) cluster.At(place).Send(Signal.Continue);
        await cluster.At(place).ExitAsync(TimeSpan.FromSeconds(60));
        await cluster.StartAtAsync(place, stop);
        return report;
    }

    private static async Task<HashSet<int>> HeldAtAsync(ClusterSilo silo, PrivatePostgres database, CancellationToken stop)
    {
        string rows = await database.QueryAsync(
            "grid",
            $"SELECT c.member FROM coopgrid.claim c JOIN coopgrid.producer p USING (producer) WHERE p.state = 0 AND p.silo LIKE '%:{silo.Ports.Silo}@%'",
            stop);
        return [.. rows.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(name => int.Parse(name[FailoverCharter.MemberPrefix.Length..], System.Globalization.CultureInfo.InvariantCulture))];
    }
}

/// <summary>What a failover run is made of.</summary>
internal sealed record FailoverOptions
{
    public required string Dll { get; init; }

    public int Silos { get; init; } = 3;

    public int Kills { get; init; } = 10;

    /// <summary>SIGSTOP instead of SIGKILL; the silo is woken when the watch is over, and must end by itself.</summary>
    public bool Freeze { get; init; }

    public int Members { get; init; } = 60;

    /// <summary>How often each member asks for a unit.</summary>
    public TimeSpan Pace { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The class's capacity.</summary>
    public long UnitsPerSecond { get; init; } = 300;

    /// <summary>How long callers are watched after each death.</summary>
    public TimeSpan Watch { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>More of the silos' environment.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
