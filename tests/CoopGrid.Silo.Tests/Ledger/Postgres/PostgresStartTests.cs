using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using CoopGrid.Silo.Ledger;
using CoopGrid.Silo.Ledger.Postgres;
using Xunit;
using static CoopGrid.Silo.Tests.Ledger.StoresUnderTest;

namespace CoopGrid.Silo.Tests.Ledger.Postgres;

/// <summary>Starting on a database: many at once, and what cannot be used is refused unchanged, in a sentence.</summary>
public sealed class PostgresStartTests : IDisposable
{
    private readonly PostgresStores _stores = PostgresStores.Empty();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_silos_migrate_an_empty_database_at_once()
    {
        // Seen to fail with the advisory lock left out.
        PostgresStorage[] storages = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(_stores.OpenAnother)));
        ProducerRow[] opened = await Task.WhenAll(storages.Select((storage, i) => storage.Ledger.OpenProducerAsync(SiloAt($"s{i}"), Cancellation)));
        Assert.Equal(Enumerable.Range(1, 10).Select(number => (long)number), opened.Select(row => row.Producer).Order());
        foreach (PostgresStorage storage in storages) storage.Dispose();
        Assert.Equal($"{MigrationScripts.Of("postgres").Count}", await _stores.Query("SELECT count(*) FROM coopgrid.schema_versions"));
    }

    /// <summary>A schema of the version before the moment was kept, and what its silos write after the change. Seen to fail with who left at no known moment counted as still there.</summary>
    [Fact]
    public async Task Who_left_at_a_moment_that_was_not_kept_is_counted_at_none()
    {
        long producer = (await _stores.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;
        _stores.Ledger.Commit(Segment(producer, 1, 1, Member("ann"), Member("bob", status: MemberStatus.Exited) with { LeftUnixMs = 200 }, Member("cyd")));
        _stores.Reopen();
        await _stores.Query(
            "ALTER TABLE coopgrid.member DROP COLUMN left_unix_ms; DELETE FROM coopgrid.schema_versions WHERE scriptname = 'postgres-0006.sql'");
        Assert.Equal(2, await _stores.Directory.CountMembersAsync("isle", 150, Cancellation));
        Assert.Equal(Member("bob", status: MemberStatus.Exited), await _stores.Directory.FindMemberAsync("isle", "bob", Cancellation));

        await _stores.Query("UPDATE coopgrid.member SET status = 3 WHERE member = 'cyd'");
        Assert.Equal(1, await _stores.Directory.CountMembersAsync("isle", 150, Cancellation));
    }

    [Fact]
    public async Task A_newer_version_is_refused()
    {
        // Seen to fail with the journal's names not compared.
        _ = _stores.Storage;
        await _stores.Query("INSERT INTO coopgrid.schema_versions (scriptname, applied) VALUES ('postgres-9999.sql', now())");
        Assert.Contains("of a newer version (postgres-9999.sql) than this program", Refused(_stores.ConnectionString), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_programs_schema_is_refused_unchanged()
    {
        await _stores.Query("CREATE SCHEMA coopgrid; CREATE TABLE coopgrid.contacts (name text)");
        Assert.Contains("schema coopgrid is another program's", Refused(_stores.ConnectionString), StringComparison.Ordinal);
        Assert.Equal("contacts", await _stores.Query("SELECT tablename FROM pg_tables WHERE schemaname = 'coopgrid'"));
        PostgresStorage.Open($"{_stores.ConnectionString};Search Path=grid2", TimeProvider.System).Dispose();
        Assert.Contains("its Search Path must be one schema's name", Refused($"{_stores.ConnectionString};Search Path=\"a;b\""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_without_the_right_is_told_what_is_lacking()
    {
        await _stores.Query($"CREATE ROLE {_stores.Database}_guest LOGIN");
        Assert.Contains("GRANT CREATE ON DATABASE", Refused(_stores.ConnectionString.Replace("Username=postgres", $"Username={_stores.Database}_guest", StringComparison.Ordinal)), StringComparison.Ordinal);
        await _stores.Query($"GRANT CREATE ON DATABASE {_stores.Database} TO {_stores.Database}_guest");
        PostgresStorage.Open(_stores.ConnectionString.Replace("Username=postgres", $"Username={_stores.Database}_guest", StringComparison.Ordinal), TimeProvider.System).Dispose();
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=postgres", "the server cannot be reached")]
    [InlineData("Host=127.0.0.1;Prot=1", "it is not a connection string of Npgsql")]
    [InlineData("Username=postgres", "it names no Host")]
    [InlineData("{0};Database=nowhere", "there is no such database")]
    [InlineData("{0};Username=nobody", "the server refuses the user or its password")]
    [InlineData("{0};Database=latin", "the database does not hold UTF-8")]
    public async Task What_is_wrong_with_the_connection_is_told(string connection, string told)
    {
        if (connection.EndsWith("latin", StringComparison.Ordinal)) await _stores.Query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
        Assert.Contains(told, Refused(connection.Replace("{0}", _stores.ConnectionString, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    public void Dispose() => _stores.Dispose();

    private static string Refused(string connectionString) =>
        Assert.Throws<StorageStartException>(() => PostgresStorage.Open(connectionString, TimeProvider.System)).Message;
}
