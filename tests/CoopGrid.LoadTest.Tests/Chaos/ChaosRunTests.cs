using CoopGrid.LoadTest.Chaos;
using CoopGrid.LoadTest.Cluster;

namespace CoopGrid.LoadTest.Tests.Chaos;

/// <summary>Real silos on a real PostgreSQL, under every kind of fault that this machine can make.</summary>
public sealed class ChaosRunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coopgrid-chaos-");

    [Fact, Trait("Category", "Long")]
    public async Task Three_silos_under_two_minutes_of_faults_lose_nothing_double_nothing_and_stay_within_capacity()
    {
        var said = new List<string>();
        var options = new ChaosOptions
        {
            Seed = 3,
            Length = TimeSpan.FromMinutes(2),
            Dll = SiloCluster.DefaultDll,
            Folder = _folder.FullName,
            HistoryPath = Path.Combine(_folder.FullName, "history.jsonl"),
        };
        ChaosEnd end = await new ChaosRun(options, TimeProvider.System, said.Add).RunAsync(TestContext.Current.CancellationToken);
        string story = string.Join('\n', [.. said, .. Verdict.Words(end.Violations, options.Seed, "loadtest chaos --seed 3 --minutes 2", options.HistoryPath)]);
        Assert.True(end.Violations.Count == 0, story);
        Assert.True(end.Injector.Kills >= 2, story);
        Assert.True(end.Calls.Count(call => call.IsAdmitted) > 1000, story);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
