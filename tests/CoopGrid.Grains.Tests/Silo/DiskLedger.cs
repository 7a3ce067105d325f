using CoopGrid.Grains.Ledger;

namespace CoopGrid.Grains.Tests.Silo;

/// <summary>The ledger's store on a <see cref="Disk"/>. A commit takes a millisecond, fails or hangs as it is told to.</summary>
internal sealed class DiskLedger(Disk disk, Power power) : ILedgerStore, IDisposable
{
    private readonly ManualResetEventSlim _open = new(true);
    private readonly ManualResetEventSlim _never = new(false);
    private volatile bool _failing;
    private int _underWay;
    private int _held;

    /// <summary>How long a commit takes, in ms.</summary>
    public int CommitMs { get; set; } = 1;

    /// <summary>Commits that hang now.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Commits under way now, hanging or not.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>From now on commits hang.</summary>
    public void Hold() => _open.Reset();

    /// <summary>Commits go on.</summary>
    public void Release() => _open.Set();

    /// <summary>From now on commits fail.</summary>
    public void Break() => _failing = true;

    public void Mend() => _failing = false;

    public Task<ProducerRow> OpenProducerAsync(SiloName silo, CancellationToken cancellation)
    {
        power.Check();
        lock (disk.Lock)
        {
            for (int i = 0; i < disk.Producers.Count; i++)
            {
                if (disk.Producers[i].State == ProducerState.Open) disk.Producers[i] = disk.Producers[i] with { State = ProducerState.Sealed };
            }

            var opened = new ProducerRow(disk.Producers.Count + 1, ProducerState.Open, 0, 1, silo, 0);
            disk.Producers.Add(opened);
            return Task.FromResult(opened);
        }
    }

    public CommitResult Commit(Segment segment)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            Interlocked.Increment(ref _held);
            _open.Wait();
            Interlocked.Decrement(ref _held);
            if (CommitMs > 0) _never.Wait(CommitMs);
            return Write(segment);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    public Task<ProducerRow> SealAsync(long producer, CancellationToken cancellation) => Change(
        producer, row => row.State == ProducerState.Open ? row with { State = ProducerState.Sealed } : row);

    public Task<IReadOnlyList<ProducerRow>> ListProducersAsync(CancellationToken cancellation)
    {
        power.Check();
        lock (disk.Lock) return Task.FromResult<IReadOnlyList<ProducerRow>>([.. disk.Producers]);
    }

    public Task MarkDrainedAsync(long producer, CancellationToken cancellation) => Change(producer, row => row.State == ProducerState.Open
        ? throw new InvalidOperationException("The producer is open.")
        : row with { State = ProducerState.Drained });

    public Task<IReadOnlyList<SegmentRow>> ReadAsync(long producer, long afterPosition, int limit, CancellationToken cancellation)
    {
        power.Check();
        lock (disk.Lock)
        {
            ProducerRow row = disk.Producers[(int)producer - 1];
            if (afterPosition + 1 < row.FirstKept) throw new LedgerGapException(producer, afterPosition, row.FirstKept);
            List<SegmentRow> rows = [];
            for (long position = afterPosition + 1; position <= row.Position && rows.Count < limit; position++)
                rows.Add(new(producer, position, disk.Segments[(producer, position)]));
            return Task.FromResult<IReadOnlyList<SegmentRow>>(rows);
        }
    }

    public Task DeleteAsync(long producer, long upToPosition, CancellationToken cancellation) => Change(producer, row => upToPosition > row.Position
        ? throw new ArgumentOutOfRangeException(nameof(upToPosition))
        : row with { FirstKept = Math.Max(row.FirstKept, upToPosition + 1) });

    public void Dispose()
    {
        _open.Dispose();
        _never.Dispose();
    }

    private CommitResult Write(Segment segment)
    {
        lock (disk.Lock)
        {
            if (power.IsCut) return CommitResult.Sealed;
            if (_failing) throw new IOException("The disk is broken.");
            ProducerRow row = disk.Producers[(int)segment.Producer - 1];
            if (row.State != ProducerState.Open) return CommitResult.Sealed;
            if (segment.Position == row.Position) return CommitResult.Committed;
            if (segment.Position != row.Position + 1) throw new InvalidOperationException($"{segment.Position} does not follow {row.Position}.");
            disk.Segments.Add((segment.Producer, segment.Position), segment.Bytes.ToArray());
            foreach (DirectoryChange change in segment.Changes) disk.Members[change.Member] = change;
            disk.Producers[(int)segment.Producer - 1] = row with { Position = segment.Position };
            return CommitResult.Committed;
        }
    }

    private Task<ProducerRow> Change(long producer, Func<ProducerRow, ProducerRow> change)
    {
        power.Check();
        lock (disk.Lock)
        {
            ProducerRow row = change(disk.Producers[(int)producer - 1]);
            disk.Producers[(int)producer - 1] = row;
            return Task.FromResult(row);
        }
    }
}
