using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Ledger.Postgres;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Cluster;

/// <summary>What docs/operations/backup-and-restore.md tells operators to do, done.</summary>
[Collection(ProcessCollection.Name)]
public sealed class BackupTests : IDisposable
{
    private readonly PostgresStores _stores = PostgresStores.Empty();
    private readonly string _copy = $"copy_{Guid.NewGuid():N}";

    /// <summary>
    /// A copy is taken while the grid admits, and a grid is started on it: what was answered before the copy began is there, once, and the class
    /// holds what its members hold.
    /// </summary>
    [Fact]
    public async Task A_copy_of_a_running_grid_holds_all_that_was_answered_before_it()
    {
        await using var grid = new SmallGrid(_stores.ConnectionString);
        SiloProcess silo = await grid.StartAsync();
        Task load = grid.AskAsync(silo);
        await Until.True(() => grid.Told.Count >= 300, "300 answers");
        AdmitRequest[] before = [.. grid.Told];
        await PostgresStores.Server.CopyDatabaseAsync(_stores.Database, _copy, TestContext.Current.CancellationToken);
        await grid.Enough();
        await load;
        await silo.KillAsync();

        await PostgresStores.Server.QueryAsync(_copy, "DELETE FROM coopgrid.membership", TestContext.Current.CancellationToken);
        await using var restored = new SmallGrid(PostgresStores.Server.ConnectionString(_copy));
        await SmallGrid.ExpectKept(await restored.StartAsync(), before);

        // The log of the silo that ran when the copy was taken is closed, so slices can close.
        await Until.True(
            async () => (await PostgresStores.Server.QueryAsync(_copy, "SELECT count(*) FROM coopgrid.producer WHERE state = 0")).Trim() == "1",
            () => "a seal on the old silo's log");
    }

    [Fact]
    public async Task A_data_folder_that_is_copied_while_its_silo_is_stopped_holds_everything()
    {
        await using var folder = new SiloFolder(SmallGrid.Charter);
        SiloProcess silo = await folder.StartAsync();
        AdmitRequest request = SmallGrid.Request(0, "kept");
        await Until.Admitted(silo.Clients, request);
        silo.Terminate();
        Assert.Equal(0, await silo.ExitAsync());

        await using var restored = new SiloFolder(SmallGrid.Charter);
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
}
