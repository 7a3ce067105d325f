using CoopGrid.Silo.Ledger.Sqlite;
using Xunit;

namespace CoopGrid.Silo.Tests.Ledger.Sqlite;

/// <summary>The one writing connection that commits, directory and histories share.</summary>
public sealed class SharedWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteDatabase _database;

    public SharedWriterTests()
    {
        _database = new(_folder.File("shared.db"), SqliteDatabase.WritePragmas);
        using var session = new SqliteSession(_folder.File("shared.db"), Microsoft.Data.Sqlite.SqliteOpenMode.ReadWriteCreate, "PRAGMA journal_mode = WAL");
        session.Run("CREATE TABLE t (x INTEGER NOT NULL)");
    }

    [Fact]
    public async Task What_waits_goes_into_the_commits_transaction()
    {
        Task<int> waiting = Task.FromResult(0);
        _database.Commit(session =>
        {
            waiting = _database.WriteAsync(other => Insert(other, 2));
            Insert(session, 1);
            Assert.False(waiting.IsCompleted);
            return 0;
        });
        // Durable with the commit, whether or not its caller has been told: seen to fail with WriteWaiting left to the pump.
        Assert.Equal([1, 2], await All());
        Assert.Equal(1, await waiting);
    }

    [Fact]
    public async Task A_failing_write_undoes_itself_only()
    {
        // Seen to fail with the savepoint left out.
        Task<int>[] writes = [];
        _database.Commit(session =>
        {
            writes =
            [
                _database.WriteAsync(other => Insert(other, 1)),
                _database.WriteAsync<int>(other => throw new InvalidOperationException($"after {Insert(other, 2)}")),
                _database.WriteAsync(other => Insert(other, 3)),
            ];
            return 0;
        });
        await Assert.ThrowsAsync<InvalidOperationException>(() => writes[1]);
        await Task.WhenAll(writes[0], writes[2]);
        Assert.Equal([1, 3], await All());
    }

    [Fact]
    public async Task A_failing_commit_leaves_the_others_waiting()
    {
        Task<int> waiting = Task.FromResult(0);
        Assert.Throws<InvalidOperationException>(() => _database.Commit<int>(session =>
        {
            waiting = _database.WriteAsync(other => Insert(other, 2));
            throw new InvalidOperationException($"after {Insert(session, 1)}");
        }));
        Assert.Equal(1, await waiting);
        Assert.Equal([2], await All());
    }

    [Fact]
    public async Task Closing_writes_what_waits()
    {
        Task<int>[] writes = [.. Enumerable.Range(0, 100).Select(i => _database.WriteAsync(session => Insert(session, i)))];
        _database.Dispose();
        await Task.WhenAll(writes);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _database.WriteAsync(session => Insert(session, 1)));
    }

    /// <summary>
    /// The log grows with commits until it begins anew, which it does while they go on. Seen to fail with a log that is not emptied, and without the step between two commits.
    /// </summary>
    [Fact]
    public void The_log_begins_anew_while_commits_go_on()
    {
        const int Megabytes = 400;
        _database.Commit(session => session.Execute("CREATE TABLE large (bytes BLOB NOT NULL)"));
        var log = new FileInfo(_folder.File("shared.db-wal"));
        bool begunAnew = false;
        for (int i = 0; i < Megabytes && !begunAnew; i++)
        {
            log.Refresh();
            long before = log.Length;
            _database.Commit(session => session.Execute("INSERT INTO large (bytes) VALUES (zeroblob(1048576))"));
            log.Refresh();
            begunAnew = log.Length == before;
        }

        Assert.True(begunAnew, $"After {Megabytes} MB the log has {log.Length} bytes.");
        Assert.InRange(log.Length, SqliteDatabase.LongLog * 4096L, Megabytes << 20);
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    private static int Insert(SqliteSession session, int x) => session.Execute("INSERT INTO t (x) VALUES ($x)", ("$x", x));

    private Task<List<long>> All() => _database.ReadAsync(
        session => session.Query("SELECT x FROM t ORDER BY x", row => row.GetInt64(0)), TestContext.Current.CancellationToken);
}
