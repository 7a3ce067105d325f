using CoopGrid.LoadTest.Cluster;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Cluster;

/// <summary>What docs/operations/database-failover.md tells operators to do, done.</summary>
[Collection(ProcessCollection.Name)]
public sealed class StandbyTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>
    /// The primary is killed under load and its synchronous standby promoted: the silo that runs goes on by itself, with everything that it had
    /// answered. Seen to fail with an asynchronous standby that was down for a moment before the kill.
    /// </summary>
    [Fact]
    public async Task A_grid_goes_on_at_the_standby_with_all_that_was_answered()
    {
        await using PrivatePostgres primary = await PrivatePostgres.StartNewAsync(stop: Stop);
        await using PrivatePostgres standby = await PrivatePostgres.StartStandbyAsync(primary, Stop);
        await primary.QueryAsync("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'", Stop);
        await primary.QueryAsync("postgres", "SELECT pg_reload_conf()", Stop);
        await Until.True(
            async () => (await primary.QueryAsync("postgres", "SELECT sync_state FROM pg_stat_replication", Stop)).Trim() == "sync",
            () => "a synchronous standby");

        await using var grid = new SmallGrid($"Host=127.0.0.1:{primary.Port},127.0.0.1:{standby.Port};Username=postgres;Database=postgres");
        SiloProcess silo = await grid.StartAsync();
        Task load = grid.AskAsync(silo);
        await Until.True(() => grid.Told.Count >= 300, "300 answers");
        await primary.KillAsync(Stop);
        await Until.True(async () => !await silo.IsHealthy(), () => "a silo that is not ready without its database");
        int before = grid.Told.Count;
        await standby.PromoteAsync(Stop);
        await Until.True(() => grid.Told.Count >= before + 300, $"300 answers more; the silo wrote:\n{silo.Log}");
        await grid.Enough();
        await load;
        await SmallGrid.ExpectKept(silo, grid.Told);
        await silo.Serving();
    }
}
