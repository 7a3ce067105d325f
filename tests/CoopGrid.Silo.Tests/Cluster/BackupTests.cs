using System.Collections.Concurrent;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Ledger.Postgres;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Cluster;

/// <summary>What docs/operations/backup-and-restore.md tells operators to do, done.</summary>
[Collection(ProcessCollection.Name)]
public sealed class BackupTests : IDisposable
{
    private const int Members = 4;
    private const string Class = """ "people": { "capacity": { "unitsPerSecond": 100000, "burstUnits": 200000, "maxRequestUnits": 50 } } """;

    private static readonly string Charter = Charters.Of([Class], [.. Enumerable.Range(0, Members).Select(i => Charters.Member($"m{i}", "people"))]);

    private readonly PostgresStores _stores = PostgresStores.Empty();
    private readonly string _copy = $"copy_{Guid.NewGuid():N}";

    /// <summary>
    /// A copy is taken while the grid admits, and a grid is started on it: what was answered before the copy began is there, once, and the class
    /// holds what its members hold.
    /// </summary>
    [Fact]
    public async Task A_copy_of_a_running_grid_holds_all_that_was_answered_before_it()
    {
        await using SiloFolder folder = Folder(_stores.ConnectionString);
        SiloProcess silo = await folder.StartAsync();
        var told = new ConcurrentQueue<AdmitRequest>();
        using var enough = new CancellationTokenSource();
        Task load = Task.WhenAll(Enumerable.Range(0, Members).Select(member => AskAsync(silo, member, told, enough.Token)));
        await Until.True(() => told.Count >= 300, "300 answers");
        AdmitRequest[] before = [.. told];
        await PostgresStores.Server.CopyDatabaseAsync(_stores.Database, _copy, TestContext.Current.CancellationToken);
        await enough.CancelAsync();
        await load;
        await silo.KillAsync();

        await PostgresStores.Server.QueryAsync(_copy, "DELETE FROM coopgrid.membership", TestContext.Current.CancellationToken);
        await using SiloFolder restored = Folder(PostgresStores.Server.ConnectionString(_copy));
        SiloProcess second = await restored.StartAsync();
        foreach (AdmitRequest request in before) Assert.True((await Until.Admitted(second.Clients, request)).Replayed, $"{request} was lost.");
        long sum = 0;
        for (int i = 0; i < Members; i++)
            sum += (await second.Clients.Members.GetAsync(new() { Coop = "test", Member = $"m{i}" })).WindowUsageUnits;
        Assert.True(sum >= before.Length);
        await Until.True(
            async () => (await second.Clients.Classes.GetStateAsync(new() { Coop = "test", Class = "people" })).UsageUnits == sum,
            () => $"a class that holds its members' {sum} units");

        // The log of the silo that ran when the copy was taken is closed, so slices can close.
        await Until.True(
            async () => (await PostgresStores.Server.QueryAsync(_copy, "SELECT count(*) FROM coopgrid.producer WHERE state = 0")).Trim() == "1",
            () => "a seal on the old silo's log");
    }

    [Fact]
    public async Task A_data_folder_that_is_copied_while_its_silo_is_stopped_holds_everything()
    {
        await using var folder = new SiloFolder(Charter);
        SiloProcess silo = await folder.StartAsync();
        AdmitRequest request = Request(0, "kept");
        await Until.Admitted(silo.Clients, request);
        silo.Terminate();
        Assert.Equal(0, await silo.ExitAsync());

        await using var restored = new SiloFolder(Charter);
        Directory.CreateDirectory(restored.DataPath);
        foreach (string file in Directory.GetFiles(folder.DataPath)) File.Copy(file, Path.Combine(restored.DataPath, Path.GetFileName(file)));
        SiloProcess second = await restored.StartAsync();
        Assert.True((await Until.Admitted(second.Clients, request)).Replayed);
    }

    public void Dispose()
    {
        _stores.Dispose();
        PostgresServer.DropIfThere(_copy);
    }

    private static async Task AskAsync(SiloProcess silo, int member, ConcurrentQueue<AdmitRequest> told, CancellationToken enough)
    {
        for (int i = 0; !enough.IsCancellationRequested; i++)
        {
            AdmitRequest request = Request(member, $"{member}-{i}");
            try
            {
                AdmitReply reply = await silo.Clients.Admission.AdmitAsync(request, cancellationToken: CancellationToken.None);
                if (reply.Outcome == Outcome.Admitted) told.Enqueue(request);
            }
            catch (RpcException)
            {
                // Not answered, so nothing is promised.
            }
        }
    }

    private static AdmitRequest Request(int member, string key) => new() { Coop = "test", Member = $"m{member}", Units = 1, Key = key };

    private static SiloFolder Folder(string connectionString)
    {
        var folder = new SiloFolder(Charter);
        folder.Settings["CoopGrid__Storage"] = "postgres";
        folder.Settings["CoopGrid__ConnectionString"] = connectionString;
        return folder;
    }
}
