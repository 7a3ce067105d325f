using CoopGrid.LoadTest.Cluster;

namespace CoopGrid.LoadTest.Tests.Cluster;

public sealed class PrivatePostgresTests
{
    [Fact]
    public async Task What_is_committed_survives_a_restart_an_immediate_shutdown_and_a_kill()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        await using PrivatePostgres server = await PrivatePostgres.StartNewAsync(stop: stop);
        int port = server.Port;
        await server.CreateDatabaseAsync("grid", stop);
        await server.QueryAsync("grid", "create table kept (n int)", stop);

        await Add(server, 1);
        await server.RestartAsync(stop: stop);
        await Add(server, 2);
        await server.RestartAsync(PostgresShutdown.Immediate, stop);
        await Add(server, 3);
        await server.KillAsync(stop);
        Assert.False(server.IsRunning);
        await server.StartAsync(stop);
        Assert.Equal("1\n2\n3", (await server.QueryAsync("grid", "select n from kept order by n", stop)).Trim());
        Assert.Equal(port, server.Port);
    }

    [Fact]
    public async Task It_keeps_fsync_on_takes_settings_and_leaves_nothing_behind()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        string folder;
        int process;
        await using (PrivatePostgres server = await PrivatePostgres.StartNewAsync(settings: new Dictionary<string, string> { ["max_connections"] = "17" }, stop: stop))
        {
            folder = server.Folder;
            process = server.ProcessId;
            Assert.Equal("on", (await server.QueryAsync("postgres", "show fsync", stop)).Trim());
            Assert.Equal("17", (await server.QueryAsync("postgres", "show max_connections", stop)).Trim());
            Assert.Contains($"Port={server.Port};", server.ConnectionString("grid"), StringComparison.Ordinal);
            Assert.Contains("Port=99;", server.ConnectionString("grid", port: 99), StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(folder));
        Assert.False(ProcessTable.IsAlive(process));
    }

    [Fact]
    public void Without_its_programs_the_package_is_named()
    {
        var missing = Assert.Throws<PostgresMissingException>(() => PostgresPrograms.Find("/nowhere", "/nowhere/bin:/usr/share"));
        Assert.Contains("Debian package 'postgresql'", missing.Message, StringComparison.Ordinal);
    }

    private static Task<string> Add(PrivatePostgres server, int n) =>
        server.QueryAsync("grid", $"insert into kept values ({n})", TestContext.Current.CancellationToken);
}
