using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>
/// The ledger's database: one connection writes, others read.
/// <list type="number">
/// <item>A commit runs at once on its caller's thread, and what else waits to be written goes into its transaction: one fsync.</item>
/// <item>Without commits, everything that waits is written together by whoever came first.</item>
/// <item>A failing write undoes itself only; a failing commit leaves the others waiting.</item>
/// <item>What is committed goes from SQLite's log into the file beside the commits, not within one of them: all but the last pages while others commit, these between
/// two commits, so that the log begins anew.</item>
/// <item>After a failure of SQLite the connection is opened anew, so that a store that returns is used again (L7).</item>
/// </list>
/// </summary>
internal sealed class SqliteDatabase(string file, string pragmas) : IDisposable
{
    /// <summary>Pages in SQLite's log from which on they are taken into the file.</summary>
    internal const int LongLog = 4000;

    private const int LargestBatch = 1024;
    private const string ReadPragmas = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON";

    private readonly Lock _writing = new();
    private readonly ConcurrentQueue<Write> _waiting = new();
    private readonly ConcurrentBag<SqliteSession> _readers = [];
    private SqliteSession? _writer;
    private Task _emptying = Task.CompletedTask;
    private long _logged;
    private int _pumping;
    private bool _disposed;

    /// <summary>The writing connection's pragmas: every commit is on disk when it returns (L1).</summary>
    public static string WritePragmas => "PRAGMA busy_timeout = 1000; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0";

    /// <summary>Runs <paramref name="work"/> in a transaction now, on this thread.</summary>
    public T Commit<T>(Func<SqliteSession, T> work)
    {
        lock (_writing) return Transact(work);
    }

    /// <summary>Runs <paramref name="work"/> in a transaction soon, together with what else waits.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteSession, T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        T result = default!;
        _waiting.Enqueue(new(session => result = work(session), () => done.SetResult(result), done.SetException));
        StartPump();
        return done.Task;
    }

    /// <summary>Reads what is committed, on the thread pool: SQLite blocks, and a grain's turn must not.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellation) => Task.Run(
        () =>
        {
            if (!_readers.TryTake(out SqliteSession? session)) session = new(file, SqliteOpenMode.ReadOnly, ReadPragmas);
            T result;
            try
            {
                result = work(session);
            }
            catch
            {
                session.Dispose();
                throw;
            }

            _readers.Add(session);
            return result;
        },
        cancellation);

    public void Dispose()
    {
        lock (_writing)
        {
            // What still waits is written: its callers were not told otherwise.
            while (!_waiting.IsEmpty) Pump();
            _disposed = true;
            _writer?.Dispose();
        }

        _emptying.Wait();

        while (_readers.TryTake(out SqliteSession? reader)) reader.Dispose();
    }

    private void StartPump()
    {
        if (Interlocked.Exchange(ref _pumping, 1) != 0) return;
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                lock (_writing)
                {
                    // Only now: while a commit takes long, one thread waits for it, not one for every write.
                    Volatile.Write(ref _pumping, 0);
                    Pump();
                }

                if (!_waiting.IsEmpty) StartPump();
            },
            null);
    }

    [SuppressMessage("Design", "CA1031", Justification = "The failure is handed to every write of the batch.")]
    private void Pump()
    {
        if (_waiting.IsEmpty) return;
        try
        {
            Transact(static _ => true);
        }
        catch (Exception failure)
        {
            // None may wait for ever for a store that fails.
            for (int i = 0; i < LargestBatch && _waiting.TryDequeue(out Write? write); i++) write.Failed(failure);
        }
    }

    private T Transact<T>(Func<SqliteSession, T> work)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var taken = new List<Write>();
        try
        {
            _writer ??= new(file, SqliteOpenMode.ReadWrite, pragmas);
            _writer.Execute("BEGIN IMMEDIATE");
            T result = work(_writer);
            WriteWaiting(_writer, taken);
            _writer.Execute("COMMIT");
            foreach (Write write in taken) write.Done();
            if ((_logged += _writer.TakePagesWritten()) >= LongLog && _emptying.IsCompleted)
                _emptying = Task.Factory.StartNew(EmptyLog, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return result;
        }
        catch (Exception failure)
        {
            foreach (Write write in taken) write.Failed(failure);
            Reopen();
            throw;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The failure is the caller's, not the batch's.")]
    private void WriteWaiting(SqliteSession session, List<Write> taken)
    {
        while (taken.Count < LargestBatch && _waiting.TryDequeue(out Write? write))
        {
            session.Execute("SAVEPOINT one");
            try
            {
                write.Work(session);
                taken.Add(write);
            }
            catch (Exception failure)
            {
                write.Failed(failure);
                session.Execute("ROLLBACK TO one");
            }

            session.Execute("RELEASE one");
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Commits tell what is wrong with the disk; the log only gets longer.")]
    private void EmptyLog()
    {
        try
        {
            using var session = new SqliteSession(file, SqliteOpenMode.ReadWrite, pragmas);
            session.Scalar("PRAGMA wal_checkpoint(PASSIVE)");
            lock (_writing)
            {
                session.Scalar("PRAGMA wal_checkpoint(PASSIVE)");
                _logged = 0;
            }
        }
        catch (Exception)
        {
            // The next commit tries again.
        }
    }

    /// <summary>Closing rolls back whatever was begun.</summary>
    private void Reopen()
    {
        _writer?.Dispose();
        _writer = null;
    }

    private sealed record Write(Action<SqliteSession> Work, Action Done, Action<Exception> Failed);
}
