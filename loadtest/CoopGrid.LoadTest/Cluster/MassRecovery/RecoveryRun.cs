using System.Globalization;
using CoopGrid.Client;
using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Cluster.Asking;
using CoopGrid.LoadTest.Runs;
using CoopGrid.LoadTest.Schedule;

namespace CoopGrid.LoadTest.Cluster.MassRecovery;

/// <summary>
/// Kills a silo that holds all members of a class, every one with an admission that no checkpoint holds or that was made a moment ago, and asks for its
/// members at the others: first some at a steady pace, then all that are left at once.
/// </summary>
internal sealed class RecoveryRun(RecoveryOptions options, string folder, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private const int Victim = 0;
    private const int EnrolledSideBySide = 4;

    private readonly RunClock _clock = new(time);
    private readonly string[] _members = Workload.Names(ClusterCharter.MemberPrefix, options.Members);

    /// <param name="said">Is told how it goes.</param>
    public async Task<RecoveryEnd> RunAsync(Action<string> said, CancellationToken stop)
    {
        await using PrivatePostgres database = await PrivatePostgres.StartNewAsync(stop: stop);
        await database.CreateDatabaseAsync("grid", stop);
        string charter = Path.Combine(folder, "charter.json");
        await File.WriteAllTextAsync(charter, ClusterCharter.Json, stop);
        await using var cluster = new SiloCluster(
            new ClusterOptions { Dll = options.Dll, Charter = charter, Folder = folder, Settings = _ => options.Settings }, database.ConnectionString("grid"));
        Uri victim = (await cluster.StartAtAsync(Victim, stop)).Ports.GrpcAddress;
        using CoopGridClient there = Client([victim]);
        var reckoning = new Reckoning(time);
        await EnrolAsync(there, stop);
        await reckoning.BeginAsync(there, stop);
        said($"{options.Members} members are enrolled, {_clock.NowMs / 1000:F0} s from the start; load average {ProcessTable.LoadAverage:F1}");
        for (int place = 1; place < options.Silos; place++) await cluster.StartAtAsync(place, stop);
        var told = _members.ToDictionary(member => member, _ => 0L);
        await TouchAllAsync(there, told, stop);
        Held held = await HeldAsync(cluster.At(Victim), database, stop);
        said($"the silo holds {held.Members} members, and {held.Segments} segments of {held.Bytes / 1e6:F1} MB are not deleted");

        using CoopGridClient others = Client([.. cluster.Living.Where(silo => silo.Place != Victim).Select(silo => silo.Ports.GrpcAddress)]);
        (RecoveryReport report, IReadOnlyList<long> resident) = await KillAsync(cluster, database, held, others, told, stop);
        said("all are answered");
        CheckReport books = await reckoning.EndAsync(others, told, [], stop);
        return new(held.Members, held.Segments, held.Bytes, report, resident, books, ProcessTable.LoadAverage);
    }

    private async Task<(RecoveryReport Report, IReadOnlyList<long> Resident)> KillAsync(
        SiloCluster cluster, PrivatePostgres database, Held held, CoopGridClient others, Dictionary<string, long> told, CancellationToken stop)
    {
        var watch = new DatabaseWatch(database.ConnectionString("grid"), held.Producer, _clock);
        var memory = new MemoryWatch([.. cluster.Living.Where(silo => silo.Place != Victim).Select(silo => silo.ProcessId)], time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task watching = watch.RunAsync(ending.Token), remembering = memory.RunAsync(ending.Token);
        await Task.Delay(Quiet, time, stop);

        string[] members = [.. _members];
        new Random(options.Seed).Shuffle(members);
        int sampled = Math.Min(members.Length, (int)(options.Sampled.TotalSeconds * options.TouchesPerSecond));
        double died = _clock.NowMs;
        cluster.At(Victim).Send(Signal.Kill);
        var touches = new FirstTouches(others, _clock);
        await touches.AtPaceAsync(members[..sampled], options.TouchesPerSecond, "first", stop);
        int admitted = touches.Touches.Count(touch => touch.IsAdmitted) + await FirstTouches.AllAsync(others, members[sampled..], "first", stop);
        var times = new RecoveryTimes(died, _clock.NowMs);
        if (admitted != members.Length) throw new InvalidOperationException($"{members.Length - admitted} of {members.Length} members were not admitted within {Patience.TotalMinutes:F0} minutes.");
        foreach (string member in members) told[member]++;

        while (watch.Samples is not [.., { Producer: 2 }] && _clock.NowMs - died < Patience.TotalMilliseconds) await Task.Delay(LookEvery, time, stop);
        await ending.CancelAsync();
        await Task.WhenAll(watching, remembering);
        return (RecoveryReport.Of(times, touches.Touches, watch.Samples), memory.TakeHighest());
    }

    private async Task EnrolAsync(CoopGridClient client, CancellationToken stop) => await Parallel.ForEachAsync(
        _members.Chunk(CoopGridClient.MaxBatch), new ParallelOptions { MaxDegreeOfParallelism = EnrolledSideBySide, CancellationToken = stop },
        async (some, cancel) => await Enrolment.EnrolAsync(client, ClusterCharter.Coop, ClusterCharter.Class, some, cancel));

    private async Task TouchAllAsync(CoopGridClient client, Dictionary<string, long> told, CancellationToken stop)
    {
        int admitted = await FirstTouches.AllAsync(client, _members, "before", stop);
        if (admitted != _members.Length) throw new InvalidOperationException($"{_members.Length - admitted} of {_members.Length} members were not admitted before the silo died.");
        foreach (string member in _members) told[member]++;
    }

    private static async Task<Held> HeldAsync(ClusterSilo silo, PrivatePostgres database, CancellationToken stop)
    {
        string row = await database.QueryAsync(
            "grid",
            $"""
            SELECT p.producer, (SELECT count(*) FROM coopgrid.claim c WHERE c.producer = p.producer), count(s.position), coalesce(sum(length(s.bytes)), 0)
            FROM coopgrid.producer p LEFT JOIN coopgrid.segment s USING (producer)
            WHERE p.state = 0 AND p.silo LIKE '%:{silo.Ports.Silo}@%' GROUP BY p.producer
            """,
            stop);
        long[] fields = [.. row.Trim().Split('|').Select(field => long.Parse(field, CultureInfo.InvariantCulture))];
        return new(fields[0], fields[1], fields[2], fields[3]);
    }

    private static CoopGridClient Client(IReadOnlyList<Uri> addresses) => new(new CoopGridOptions { Addresses = addresses, Deadline = Patience, FollowHomes = false });

    private sealed record Held(long Producer, long Members, long Segments, long Bytes);
}

/// <summary>What a recovery run is made of.</summary>
internal sealed record RecoveryOptions
{
    public required string Dll { get; init; }

    public int Silos { get; init; } = 3;

    public int Members { get; init; } = 100_000;

    /// <summary>First questions a second after the death.</summary>
    public double TouchesPerSecond { get; init; } = 500;

    /// <summary>For how long they are asked at that pace, before all the others are asked at once.</summary>
    public TimeSpan Sampled { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>In which order members are asked for.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>More of the silos' environment.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a run came to.</summary>
/// <param name="Held">Members whose claim the silo held when it was killed.</param>
/// <param name="Segments">Segments of its log that were not deleted.</param>
/// <param name="SegmentBytes">Their bytes.</param>
/// <param name="ResidentHighest">The most memory of each survivor, in bytes.</param>
/// <param name="Books">Whether the class's books hold what callers were told.</param>
/// <param name="LoadAverage">The machine's, in the end.</param>
internal sealed record RecoveryEnd(
    long Held, long Segments, long SegmentBytes, RecoveryReport Report, IReadOnlyList<long> ResidentHighest, CheckReport Books, double LoadAverage);
