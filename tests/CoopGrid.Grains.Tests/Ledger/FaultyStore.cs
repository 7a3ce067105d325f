using CoopGrid.Grains.Ledger;
using Xunit;

namespace CoopGrid.Grains.Tests.Ledger;

/// <summary>One producer's log in memory that fails as it is told to. A blocked commit goes on with the
/// next fault when <see cref="Release"/> is called.</summary>
internal sealed class FaultyStore : ILedgerStore, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Queue<Fault> _faults = [];
    private readonly List<byte[]> _segments = [];
    private readonly SemaphoreSlim _released = new(0);
    private readonly SemaphoreSlim _blocked = new(0);
    private int _attempts;
    private bool _sealed;

    internal enum Fault
    {
        None,
        Fail,
        FailAfterCommitting,
        Block,
        Seal,
    }

    public int Attempts => Volatile.Read(ref _attempts);

    public IReadOnlyList<SegmentReader> Segments
    {
        get
        {
            lock (_lock) return [.. _segments.Select((bytes, i) => SegmentReader.Read(new(7, i + 1, bytes)))];
        }
    }

    public void Next(params Fault[] faults)
    {
        lock (_lock) foreach (Fault fault in faults) _faults.Enqueue(fault);
    }

    public void Release() => _released.Release();

    public async Task Blocked() => Assert.True(await _blocked.WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken));

    public Task<ProducerRow> OpenProducerAsync(SiloName silo, CancellationToken cancellation) =>
        Task.FromResult(new ProducerRow(7, ProducerState.Open, 0, 1, silo, 0));

    public CommitResult Commit(Segment segment)
    {
        Interlocked.Increment(ref _attempts);
        Fault fault = Take();
        if (fault == Fault.Block)
        {
            _blocked.Release();
            _released.Wait();
            fault = Take();
        }

        lock (_lock)
        {
            _sealed |= fault == Fault.Seal;
            if (_sealed) return CommitResult.Sealed;
            if (fault == Fault.Fail) throw new IOException("not written");
            if (segment.Position == _segments.Count + 1) _segments.Add(segment.Bytes.ToArray());
            else Assert.Equal(_segments[(int)segment.Position - 1], segment.Bytes.ToArray());
            return fault == Fault.FailAfterCommitting ? throw new IOException("written, but who knows") : CommitResult.Committed;
        }
    }

    public Task<ProducerRow> SealAsync(long producer, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<ProducerRow>> ListProducersAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task MarkDrainedAsync(long producer, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<SegmentRow>> ReadAsync(long producer, long afterPosition, int limit, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public Task DeleteAsync(long producer, long upToPosition, CancellationToken cancellation) => throw new NotSupportedException();

    private Fault Take()
    {
        lock (_lock) return _faults.TryDequeue(out Fault next) ? next : Fault.None;
    }

    public void Dispose()
    {
        _released.Dispose();
        _blocked.Dispose();
    }
}
