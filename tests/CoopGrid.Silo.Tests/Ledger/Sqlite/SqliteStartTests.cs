using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using CoopGrid.Silo.Ledger;
using CoopGrid.Silo.Ledger.Sqlite;
using Microsoft.Data.Sqlite;
using Xunit;
using static CoopGrid.Silo.Tests.Ledger.StoresUnderTest;

namespace CoopGrid.Silo.Tests.Ledger.Sqlite;

/// <summary>Starting on a data folder: what was there is there again, and what cannot be used is refused unchanged.</summary>
public sealed class SqliteStartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_start_seals_every_predecessor_and_finds_everything()
    {
        // L4a. Seen to fail with OpenProducer not sealing.
        using (SqliteStorage first = Open())
        {
            long producer = (await first.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;
            first.Ledger.Commit(Segment(producer, 1, 1, Member("ann")));
            await first.Directory.BindSenderAsync("isle", "0xA", "ann", Cancellation);
        }

        using SqliteStorage second = Open();
        ProducerRow opened = await second.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation);
        ProducerRow before = (await second.Ledger.ListProducersAsync(Cancellation))[0];
        Assert.Equal((ProducerState.Sealed, 1), (before.State, before.Position));
        Assert.True(opened.Producer > before.Producer);
        Assert.Equal(CommitResult.Sealed, second.Ledger.Commit(Segment(before.Producer, 2)));
        Assert.Single(await second.Ledger.ReadAsync(before.Producer, 0, 10, Cancellation));
        Assert.Equal("ann", await second.Directory.FindSenderAsync("isle", "0xA", Cancellation));
        Assert.Equal(MemberStatus.Active, (await second.Directory.FindMemberAsync("isle", "ann", Cancellation))?.Status);
    }

    /// <summary>A database of the version before the moment was kept. Seen to fail with who left at no known moment counted as still there.</summary>
    [Fact]
    public async Task Who_left_at_a_moment_that_was_not_kept_is_counted_at_none()
    {
        using (SqliteStorage first = Open())
        {
            long producer = (await first.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;
            first.Ledger.Commit(Segment(producer, 1, 1, Member("ann"), Member("bob", status: MemberStatus.Exited) with { LeftUnixMs = 200 }));
        }

        Run("ledger.db", "ALTER TABLE member DROP COLUMN left_unix_ms; DELETE FROM SchemaVersions WHERE ScriptName = 'ledger-0006.sql'");
        using SqliteStorage second = Open();
        Assert.Equal(1, await second.Directory.CountMembersAsync("isle", 150, Cancellation));
        Assert.Equal(Member("bob", status: MemberStatus.Exited), await second.Directory.FindMemberAsync("isle", "bob", Cancellation));
    }

    [Fact]
    public void A_folder_in_use_is_refused()
    {
        // Seen to fail with FileShare.ReadWrite on the lock.
        using SqliteStorage first = Open();
        Assert.Contains("another process uses this data folder", Refused(_folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_a_file_is_refused()
    {
        File.WriteAllText(_folder.File("data"), "not a folder");
        StorageStartException refused = Assert.Throws<StorageStartException>(() => SqliteStorage.Open(_folder.File("data"), TimeProvider.System));
        Assert.Contains("choose another DataPath", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ledger.db")]
    [InlineData("checkpoints.db")]
    public void A_damaged_file_is_refused_unchanged(string name)
    {
        Open().Dispose();
        byte[] bytes = File.ReadAllBytes(_folder.File(name));
        // Seen to fail, for the second of these, with quick_check left out.
        foreach ((int from, int to) in new[] { (0, 100), (4096, bytes.Length), (bytes.Length / 2, bytes.Length) })
        {
            byte[] damaged = [.. bytes];
            new Random(1).NextBytes(damaged.AsSpan(from, to - from));
            File.WriteAllBytes(_folder.File(name), damaged);
            Assert.Contains("the database is damaged. Restore", Refused(name), StringComparison.Ordinal);
            Assert.Equal(damaged, File.ReadAllBytes(_folder.File(name)));
        }
    }

    [Fact]
    public void A_read_only_file_is_refused()
    {
        // Seen to fail with the attribute not looked at, when run by root, whom SQLite lets write.
        Open().Dispose();
        File.SetAttributes(_folder.File("ledger.db"), FileAttributes.ReadOnly);
        Assert.Contains("the file is read-only", Refused("ledger.db"), StringComparison.Ordinal);
        File.SetAttributes(_folder.File("ledger.db"), FileAttributes.Normal);
        Open().Dispose();
    }

    [Theory]
    [InlineData("ledger.db")]
    [InlineData("checkpoints.db")]
    public void A_newer_version_is_refused_unchanged(string name)
    {
        // Seen to fail with the journal's names not compared.
        Open().Dispose();
        Run(name, "INSERT INTO SchemaVersions (ScriptName, Applied) VALUES ('ledger-9999.sql', '2030-01-01')");
        byte[] bytes = File.ReadAllBytes(_folder.File(name));
        Assert.Contains("newer version (ledger-9999.sql)", Refused(name), StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(_folder.File(name)));
    }

    [Fact]
    public void Another_programs_database_is_refused_unchanged()
    {
        Run("ledger.db", "CREATE TABLE contacts (name TEXT)");
        byte[] bytes = File.ReadAllBytes(_folder.File("ledger.db"));
        Assert.Contains("another program's database", Refused("ledger.db"), StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(_folder.File("ledger.db")));
    }

    [Fact]
    public void A_full_disk_is_named_and_leaves_no_half_made_schema()
    {
        // Seen to fail with the migration not in one transaction.
        StorageStartException refused = Assert.Throws<StorageStartException>(() => SqliteStorage.Open(_folder.Path, TimeProvider.System, default, 4));
        Assert.Contains("ledger.db: the disk is full. Make room", refused.Message, StringComparison.Ordinal);
        Open().Dispose();
    }

    [Fact]
    public async Task A_disk_that_fills_up_fails_commits_until_there_is_room_again()
    {
        using SqliteStorage storage = SqliteStorage.Open(_folder.Path, TimeProvider.System, default, 200);
        long producer = (await storage.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;
        long position = 0;
        byte[] large = new byte[100_000];
        Segment Next() => new() { Producer = producer, Position = position + 1, Bytes = large };
        SqliteException full = Assert.Throws<SqliteException>(() =>
        {
            while (position < 1000)
            {
                storage.Ledger.Commit(Next());
                position++;
            }
        });
        Assert.Equal(13, full.SqliteErrorCode);
        Assert.InRange(position, 2, 20);
        Assert.Equal(position, (await storage.Ledger.ListProducersAsync(Cancellation))[0].Position);

        await storage.Ledger.DeleteAsync(producer, position, Cancellation);
        Assert.Equal(CommitResult.Committed, storage.Ledger.Commit(Next()));
    }

    public void Dispose() => _folder.Dispose();

    private SqliteStorage Open() => SqliteStorage.Open(_folder.Path, TimeProvider.System);

    private string Refused(string name)
    {
        StorageStartException refused = Assert.Throws<StorageStartException>(Open);
        Assert.EndsWith(name, refused.Place, StringComparison.Ordinal);
        Assert.StartsWith(refused.Place, refused.Message, StringComparison.Ordinal);
        return refused.Message;
    }

    private void Run(string name, string sql)
    {
        using var session = new SqliteSession(_folder.File(name), SqliteOpenMode.ReadWriteCreate, "");
        session.Run(sql);
    }
}
