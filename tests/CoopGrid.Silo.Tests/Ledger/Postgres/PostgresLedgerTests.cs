using CoopGrid.Grains.Ledger;
using CoopGrid.Silo.Ledger.Postgres;
using Npgsql;
using Xunit;
using static CoopGrid.Silo.Tests.Ledger.StoresUnderTest;

namespace CoopGrid.Silo.Tests.Ledger.Postgres;

/// <summary>The ledger on a server whose connections break and whose other users freeze (L2).</summary>
public sealed class PostgresLedgerTests : IDisposable
{
    private readonly PostgresStores _stores = new();
    private readonly PostgresStorage _storage;

    public PostgresLedgerTests() => _storage = _stores.OpenAnother();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_seal_ends_a_ledgers_connection_that_holds_the_row()
    {
        // A silo that froze between its commit's statement and its end. Seen to fail, by the command's timeout, with EndBlockers doing nothing.
        long producer = await Open();
        _storage.Ledger.Commit(Segment(producer, 1));
        await using NpgsqlConnection frozen = await Connect($"{_stores.ConnectionString};Search Path=coopgrid;Application Name=coopgrid ledger");
        await using NpgsqlTransaction open = await frozen.BeginTransactionAsync(Cancellation);
        await Execute(frozen, $"UPDATE producer SET position = 2 WHERE producer = {producer}");
        await Execute(frozen, $"INSERT INTO segment (producer, position, bytes) VALUES ({producer}, 2, 'x')");

        ProducerRow row = await _storage.Ledger.SealAsync(producer, Cancellation);
        Assert.Equal((ProducerState.Sealed, 1), (row.State, row.Position));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => open.CommitAsync(Cancellation));
        Assert.Single(await _storage.Ledger.ReadAsync(producer, 0, 10, Cancellation));
        Assert.Equal(CommitResult.Sealed, _storage.Ledger.Commit(Segment(producer, 2)));
    }

    [Fact]
    public async Task A_seal_ends_nobody_elses_connection()
    {
        // Seen to fail with the application's name not compared.
        long producer = await Open();
        await using NpgsqlConnection operators = await Connect($"{_stores.ConnectionString};Search Path=coopgrid;Application Name=psql");
        await using (NpgsqlTransaction open = await operators.BeginTransactionAsync(Cancellation))
        {
            await Execute(operators, $"SELECT FROM producer WHERE producer = {producer} FOR UPDATE");
            Task<ProducerRow> sealing = _storage.Ledger.SealAsync(producer, Cancellation);
            await _stores.UntilWaiting(2);
            Assert.False(sealing.IsCompleted);
            await open.CommitAsync(Cancellation);
            Assert.Equal(ProducerState.Sealed, (await sealing).State);
        }
    }

    [Fact]
    public async Task A_commit_goes_on_after_its_connection_was_ended()
    {
        // The outcome is unknown to the caller, and sending the same segment again settles it. Seen to fail with the dead connection kept.
        long producer = await Open();
        for (int position = 1; position <= 20; position++)
        {
            Segment segment = Segment(producer, position, (byte)position, Member($"m{position}"));
            await _stores.Query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'coopgrid ledger' AND datname = current_database()");
            CommitResult? result = null;
            for (int attempt = 0; result is null && attempt < 3; attempt++)
            {
                try
                {
                    result = _storage.Ledger.Commit(segment);
                }
                catch (NpgsqlException)
                {
                    Assert.True(attempt < 2, "A fresh connection must do.");
                }
            }

            Assert.Equal(CommitResult.Committed, result);
        }

        Assert.Equal(Enumerable.Range(1, 20), (await _storage.Ledger.ReadAsync(producer, 0, 100, Cancellation)).Select(row => (int)row.Position));
    }

    [Fact]
    public async Task A_commit_whose_answer_was_lost_is_stored_once()
    {
        // The server holds the answer back until its client is gone: a trigger waits for a lock that this test holds, and then the connection is cut.
        long producer = await Open();
        await _stores.Query(
            """
            CREATE FUNCTION coopgrid.hold() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NULL; END $$;
            CREATE TRIGGER hold AFTER INSERT ON coopgrid.segment FOR EACH ROW EXECUTE FUNCTION coopgrid.hold();
            """);
        await using NpgsqlConnection gate = await Connect(_stores.ConnectionString);
        await Execute(gate, "SELECT pg_advisory_lock(77)");

        // It fails by the command's timeout; the old backend may go on and commit.
        Assert.ThrowsAny<Exception>(() => _storage.Ledger.Commit(Segment(producer, 1, 1, Member("ann"))));
        await Execute(gate, "SELECT pg_advisory_unlock(77)");
        Assert.Equal(CommitResult.Committed, _storage.Ledger.Commit(Segment(producer, 1, 1, Member("ann"))));
        Assert.Equal(CommitResult.Committed, _storage.Ledger.Commit(Segment(producer, 2, 2)));
        Assert.Equal(2, (await _storage.Ledger.ReadAsync(producer, 0, 10, Cancellation)).Count);
    }

    [Fact]
    public async Task Producers_of_many_silos_are_all_open()
    {
        long first = await Open();
        long second = await Open();
        Assert.Equal(CommitResult.Committed, _storage.Ledger.Commit(Segment(first, 1)));
        Assert.Equal(CommitResult.Committed, _storage.Ledger.Commit(Segment(second, 1)));
    }

    [Fact]
    public async Task Every_connection_waits_for_the_disk()
    {
        // L1, L6. Seen to fail, where the server's own setting is off, without ours.
        await _stores.Query($"ALTER DATABASE {_stores.Database} SET synchronous_commit = off");
        using PostgresStorage storage = _stores.OpenAnother();
        long producer = (await storage.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;
        await _stores.Query(
            """
            CREATE TABLE coopgrid.seen (setting text);
            CREATE FUNCTION coopgrid.look() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO coopgrid.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
            CREATE TRIGGER look AFTER INSERT ON coopgrid.segment FOR EACH ROW EXECUTE FUNCTION coopgrid.look();
            CREATE TRIGGER look AFTER INSERT ON coopgrid.sender FOR EACH ROW EXECUTE FUNCTION coopgrid.look();
            """);
        storage.Ledger.Commit(Segment(producer, 1));
        await storage.Directory.BindSenderAsync("isle", "0xA", "ann", Cancellation);
        Assert.Equal("on\non", await _stores.Query("SELECT setting FROM coopgrid.seen"));
    }

    public void Dispose()
    {
        _storage.Dispose();
        _stores.Dispose();
    }

    private async Task<long> Open() => (await _storage.Ledger.OpenProducerAsync(SiloAt("a"), Cancellation)).Producer;

    private static async Task<NpgsqlConnection> Connect(string connectionString)
    {
        var connection = new NpgsqlConnection($"{connectionString};Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
