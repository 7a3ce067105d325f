using CoopGrid.Client;
using CoopGrid.LoadTest.Chaos.Callers;
using CoopGrid.LoadTest.Chaos.Faults;
using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.LoadTest.Cluster;

namespace CoopGrid.LoadTest.Chaos;

/// <summary>What a run brought.</summary>
internal sealed record ChaosEnd(
    IReadOnlyList<CallRecord> Calls, IReadOnlyList<ClassBook> Books, IReadOnlyList<Violation> Violations, int Shed, Injector Injector, IReadOnlyList<string> LeftOut);

/// <summary>
/// A cluster of real processes under load and faults, from its first silo to the judge: 1. start; 2. load and faults side by side; 3. mend everything; 4. wait until no attempt of
/// the load can be under way any more; 5. ask again for everything; 6. read the books; 7. judge.
/// </summary>
internal sealed class ChaosRun(ChaosOptions options, TimeProvider clock, Action<string> tell)
{
    private static readonly TimeSpan SettleTime = Doors.AttemptTimeout + TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BooksPatience = TimeSpan.FromSeconds(60);

    public async Task<ChaosEnd> RunAsync(CancellationToken stop)
    {
        string charter = Path.Combine(options.Folder, "charter.json");
        await File.WriteAllTextAsync(charter, ChaosCharter.Json, stop);
        await using PrivatePostgres? database = options.Embedded ? null : await DatabaseAsync(stop);
        var clocks = new SteppedClocks(options.Folder);
        SceneLinks? links = null;
        await using var cluster = new SiloCluster(
            new ClusterOptions { Dll = options.Dll, Charter = charter, Folder = options.Folder, Settings = place => Settings(place, database, links, clocks) },
            database?.ConnectionString("grid") ?? "");
        for (int place = 0; place <= options.Silos; place++) cluster.PortsOf(place);
        await using SceneLinks? made = links = database is null ? null : new SceneLinks(options.Silos + 1, database, () => cluster.Living);
        await cluster.StartAsync(options.Silos, stop);
        return await UnderFireAsync(new Scene(cluster, options.Silos, database, links, clocks), stop);
    }

    private async Task<ChaosEnd> UnderFireAsync(Scene scene, CancellationToken stop)
    {
        FaultKind[] kinds = [.. scene.Kinds.Where(kind => options.Kinds.Count == 0 || options.Kinds.Contains(kind))];
        FaultScope scope = new(options.Silos, (int)options.Length.TotalMilliseconds, (int)options.Eviction.TotalMilliseconds, (int)options.Recovery.TotalMilliseconds, kinds);
        IReadOnlyList<Fault> faults = FaultPlan.Of(options.Seed, scope);
        tell($"{options.Silos} silos serve; {options.Length.TotalSeconds:F0} s of {options.Rate:F0} questions a second and {faults.Count} faults, seed {options.Seed}");
        await using var history = new HistoryLog(options.HistoryPath);
        using var doors = new Doors(scene.Cluster.Addresses, history, clock);
        var relays = new Relays(doors, options.Rate, options.Seed, clock);
        var injector = new Injector(scene, clock, tell);
        Task load = relays.RunAsync(options.Length, stop);
        await injector.RunAsync(faults, stop);
        await load;
        (int answered, int unknown) = history.Counts;
        tell($"the load is over: {answered} answers, {unknown} attempts without one, {injector.Kills} kills; mending");
        await injector.MendAsync(stop);
        await Task.Delay(SettleTime, clock, stop);
        var review = new Review(doors, history, clock);
        await review.AskAgainAsync(stop);
        IReadOnlyList<ClassBook> books = await BooksAsync(review, scene, stop);
        tell("reviewed; judging");
        return new(history.Calls, books, ChaosJudge.Judge(history.Calls, books), relays.Shed, injector, LeftOut(scene));
    }

    private static async Task<IReadOnlyList<ClassBook>> BooksAsync(Review review, Scene scene, CancellationToken stop)
    {
        using var client = new CoopGridClient(new CoopGridOptions { Addresses = [.. scene.Cluster.Living.Select(silo => silo.Ports.GrpcAddress)], Deadline = BooksPatience });
        var books = new List<ClassBook>();
        foreach (string name in ChaosCharter.Classes) books.Add(await review.BookAsync(client, name, stop));
        return books;
    }

    private static async Task<PrivatePostgres> DatabaseAsync(CancellationToken stop)
    {
        PrivatePostgres database = await PrivatePostgres.StartNewAsync(stop: stop);
        await database.CreateDatabaseAsync("grid", stop);
        return database;
    }

    private Dictionary<string, string> Settings(int place, PrivatePostgres? database, SceneLinks? links, SteppedClocks clocks)
    {
        var settings = new Dictionary<string, string>(clocks.Settings(place)) { ["DOTNET_gcServer"] = "0" };
        if (database is null || links is null) settings["CoopGrid__Storage"] = "sqlite";
        else foreach ((string name, string value) in links.Settings(place, database)) settings[name] = value;

        // So small that checkpoints, key blocks and the deletion of segments go on all the time.
        settings["CoopGrid__Checkpoints__MaxTailSegments"] = "200";
        settings["CoopGrid__Checkpoints__MaxAgeMs"] = "1000";
        settings["CoopGrid__Checkpoints__ClassEveryMs"] = "1000";
        foreach ((string name, string value) in options.Settings) settings[name] = value;
        return settings;
    }

    private static List<string> LeftOut(Scene scene)
    {
        var left = new List<string>();
        if (SteppedClocks.Library is null) left.Add("StepClock: libfaketime is not on this machine (Debian package 'libfaketime')");
        FaultKind[] missing = [.. Enum.GetValues<FaultKind>().Except(scene.Kinds).Where(kind => kind != FaultKind.StepClock)];
        if (missing.Length > 0) left.Add($"{string.Join(", ", missing)}: a single silo{(scene.Database is null ? " without PostgreSQL" : "")} has no such thing");
        return left;
    }
}
