using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using CoopGrid.Grains.Ledger;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>
/// Connections to the checkpoints' file for Orleans' AdoNet storage, with our pragmas: commits reach the disk lazily, and
/// <see cref="FlushAsync"/> forces them there before segments are deleted (L6). Few connections are handed out at a time, because
/// writers that meet at SQLite's lock wait for it by sleeping.
/// </summary>
public sealed class SqliteCheckpoints : DbDataSource, ICheckpointStore
{
    private const int Connections = 2;
    private const string Pragmas = "PRAGMA busy_timeout = 10000; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000";

    private readonly SemaphoreSlim _free = new(Connections);

    // A pooled handle keeps its pragmas, and setting them costs as much as a read.
    private readonly ConditionalWeakTable<object, object> _prepared = [];
    private readonly string _file;

    internal SqliteCheckpoints(string file) => _file = file;

    public override string ConnectionString => new SqliteConnectionStringBuilder { DataSource = _file, Pooling = true }.ToString();

    /// <inheritdoc/>
    public Task FlushAsync(CancellationToken cancellation) => Task.Run(
        () =>
        {
            using var session = new SqliteSession(_file, SqliteOpenMode.ReadWrite, "PRAGMA busy_timeout = 10000; PRAGMA synchronous = FULL");

            // What can be written while others write is, so that they wait for the rest only.
            session.Scalar("PRAGMA wal_checkpoint(PASSIVE)");

            // Its first column says whether readers or writers kept it from finishing.
            if (session.Scalar("PRAGMA wal_checkpoint(FULL)") is not 0L)
                throw new IOException($"{_file}: the checkpoints could not be flushed, the file was busy for 10 s.");
        },
        cancellation);

    protected override DbConnection CreateDbConnection() => new CountedConnection(this);

    protected override DbConnection OpenDbConnection()
    {
        DbConnection connection = CreateDbConnection();
        connection.Open();
        return connection;
    }

    protected override async ValueTask<DbConnection> OpenDbConnectionAsync(CancellationToken cancellationToken = default)
    {
        DbConnection connection = CreateDbConnection();
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            using var connection = new SqliteConnection(ConnectionString);
            SqliteConnection.ClearPool(connection);
            _free.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Takes a place when it is opened, and gives it back when it is closed.</summary>
    private sealed class CountedConnection(SqliteCheckpoints owner) : SqliteConnection(owner.ConnectionString)
    {
        private bool _counted;

        public override void Open()
        {
            owner._free.Wait();
            OpenCounted();
        }

        public override async Task OpenAsync(CancellationToken cancellationToken)
        {
            await owner._free.WaitAsync(cancellationToken);
            OpenCounted();
        }

        public override void Close()
        {
            base.Close();
            if (!_counted) return;
            _counted = false;
            owner._free.Release();
        }

        [SuppressMessage("Security", "CA2100", Justification = "A constant.")]
        private void OpenCounted()
        {
            _counted = true;
            try
            {
                base.Open();
                if (owner._prepared.TryGetValue(Handle!, out _)) return;
                using SqliteCommand command = CreateCommand();
                command.CommandText = Pragmas;
                command.ExecuteNonQuery();
                owner._prepared.AddOrUpdate(Handle!, owner);
            }
            catch
            {
                Close();
                throw;
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && (_counted || State != ConnectionState.Closed)) Close();
            base.Dispose(disposing);
        }
    }
}
