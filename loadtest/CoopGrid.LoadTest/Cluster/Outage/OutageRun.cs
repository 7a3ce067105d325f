using CoopGrid.Client;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Cluster.Asking;
using CoopGrid.LoadTest.Memory;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Schedule;

namespace CoopGrid.LoadTest.Cluster.Outage;

/// <summary>Takes the store away from a cluster under load, for a while, and gives it back; then looks whether anything that was told is lost.</summary>
internal sealed class OutageRun(OutageOptions options, string folder, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(8);

    /// <summary>Judged are calls asked before this at the latest, so that the last ones have ended.</summary>
    private const double TailMs = 1500;

    private readonly CallLog _log = new(new RunClock(clock));

    /// <param name="said">Is told how it goes.</param>
    public async Task<OutageEnd> RunAsync(Action<string> said, CancellationToken stop)
    {
        await using PrivatePostgres database = await PrivatePostgres.StartNewAsync(stop: stop);
        await database.CreateDatabaseAsync("grid", stop);
        string charter = Path.Combine(folder, "charter.json");
        await File.WriteAllTextAsync(charter, ClusterCharter.Json, stop);
        await using var cluster = new SiloCluster(
            new ClusterOptions { Dll = options.Dll, Charter = charter, Folder = folder, Settings = _ => options.Settings }, database.ConnectionString("grid"));
        await cluster.StartAsync(options.Silos, stop);
        using var client = new CoopGridClient(new CoopGridOptions { Addresses = cluster.Addresses, Deadline = Patience });
        await Enrolment.EnrolAsync(client, ClusterCharter.Coop, ClusterCharter.Class, Workload.Names(ClusterCharter.MemberPrefix, options.Load.Members), stop);
        var reckoning = new Reckoning(clock);
        await reckoning.BeginAsync(client, stop);
        said($"{options.Silos} silos serve; load average {ProcessTable.LoadAverage:F1}");

        int[] processes = [.. cluster.Living.Select(silo => silo.ProcessId)];
        var outages = new List<(OutageTimes Times, OutageLooks Looks)>();
        using (var callers = new Callers(_log, cluster.Addresses, options.Load, clock))
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var memory = new MemoryWatch(processes, clock);
            var stalls = new StallWatch(clock);
            Task watching = Task.WhenAll(memory.RunAsync(ending.Token), stalls.RunAsync(ending.Token)), asking = callers.RunAsync(ending.Token);
            for (int i = 0; i < options.Times; i++)
            {
                outages.Add(await OutageAsync(database, cluster, memory, stalls, stop));
                said($"outage {i + 1} of {options.Times} is over");
            }

            await ending.CancelAsync();
            await Task.WhenAll(watching, asking);
        }

        CheckReport books = await reckoning.EndAsync(client, _log.Told, _log.Unknown, stop);
        int ended = processes.Except(cluster.Living.Select(silo => silo.ProcessId)).Count();
        return new([.. outages.Select(outage => new OneOutage(OutageReport.Of(outage.Times, _log.Calls), outage.Looks))], books, ended);
    }

    private async Task<(OutageTimes Times, OutageLooks Looks)> OutageAsync(
        PrivatePostgres database, SiloCluster cluster, MemoryWatch memory, StallWatch stalls, CancellationToken stop)
    {
        await Task.Delay(options.Before - Settling, clock, stop);
        long[] heapBefore = await HeapsAsync(cluster, stop);
        await Task.Delay(Settling, clock, stop);
        int inFlightBefore = _log.TakeMostInFlight();
        IReadOnlyList<long> before = memory.Now;
        memory.TakeHighest();
        stalls.TakeLongestMs();
        (double gone, double back, long[] heapGone) = await GoneAsync(database, cluster, stop);
        (IReadOnlyList<long> highest, int inFlight) = (memory.TakeHighest(), _log.TakeMostInFlight());
        await Task.Delay(options.After, clock, stop);
        double until = _log.NowMs - TailMs, stalled = stalls.TakeLongestMs();
        long[] heapAfter = await HeapsAsync(cluster, stop);
        IReadOnlyList<long> after = memory.Now;
        SiloMemory[] silos = [.. heapAfter.Select((heap, i) => new SiloMemory(before[i], highest[i], after[i], heapBefore[i], heapGone[i], heap))];
        return (new(gone, back, until), new(inFlightBefore, inFlight, silos, stalled, ProcessTable.LoadAverage));
    }

    private async Task<(double Gone, double Back, long[] Heaps)> GoneAsync(PrivatePostgres database, SiloCluster cluster, CancellationToken stop)
    {
        if (options.Freeze) database.Freeze();
        else await database.StopAsync(PostgresShutdown.Immediate, stop);
        double gone = _log.NowMs;
        long started = clock.GetTimestamp();
        TimeSpan look = options.Gone * 0.9;
        await Task.Delay(look, clock, stop);
        long[] heaps = await HeapsAsync(cluster, stop);
        TimeSpan left = options.Gone - clock.GetElapsedTime(started);
        if (left > TimeSpan.Zero) await Task.Delay(left, clock, stop);
        if (options.Freeze) database.Thaw();
        else await database.StartAsync(stop);
        return (gone, _log.NowMs, heaps);
    }

    /// <summary>One after another, so that only one of them collects at a time.</summary>
    private static async Task<long[]> HeapsAsync(SiloCluster cluster, CancellationToken stop)
    {
        var heaps = new List<long>();
        foreach (ClusterSilo silo in cluster.Living) heaps.Add((await HeapProbe.ReadAsync(silo.ProcessId, stop)).HeapBytes);
        return [.. heaps];
    }
}

/// <summary>What an outage run is made of.</summary>
internal sealed record OutageOptions
{
    public required string Dll { get; init; }

    public int Silos { get; init; } = 3;

    public OutageLoad Load { get; init; } = new();

    /// <summary>How long it is loaded before the store goes; above eight seconds.</summary>
    public TimeSpan Before { get; init; } = TimeSpan.FromSeconds(16);

    /// <summary>How long the store is gone.</summary>
    public TimeSpan Gone { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long callers are watched after its return.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often it goes.</summary>
    public int Times { get; init; } = 1;

    /// <summary>It is stopped where it is (SIGSTOP) and hangs, instead of being shut down.</summary>
    public bool Freeze { get; init; }

    /// <summary>More of the silos' environment.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

/// <summary>How the silos looked around an outage.</summary>
/// <param name="InFlightBefore">The most requests in flight before it.</param>
/// <param name="InFlight">The most while it lasted.</param>
/// <param name="StalledMs">The longest time that the callers' own process did not run, from its beginning to the end of the watch.</param>
/// <param name="LoadAverage">The machine's, after it.</param>
internal sealed record OutageLooks(int InFlightBefore, int InFlight, IReadOnlyList<SiloMemory> Silos, double StalledMs, double LoadAverage);

/// <summary>One outage.</summary>
internal sealed record OneOutage(OutageReport Calls, OutageLooks Looks);

/// <summary>What a run came to.</summary>
/// <param name="Books">Whether the class's books hold what callers were told.</param>
/// <param name="Ended">Silos whose process ended.</param>
internal sealed record OutageEnd(IReadOnlyList<OneOutage> Outages, CheckReport Books, int Ended);
