using System.Collections.Immutable;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Ledger;

/// <summary>
/// Group commit: the one door through which a silo's decisions reach its log.
/// <list type="number">
/// <item>An append copies its bytes into the gathering segment and returns that segment's <see cref="Commit"/>.</item>
/// <item>One thread writes a segment while the next gathers; when idle, the first append wakes it at once, without a timer. Under load it
/// gathers a little longer (<see cref="LedgerOptions.EnoughAfter"/>), for a commit costs the same whatever it holds.</item>
/// <item>After a commit, observers are told in the order of positions, then the waiters.</item>
/// <item>After a failed or hanging attempt the waiters of both segments learn that nothing is known, nothing is accepted (L7), and the
/// same segment is sent again at the same position until it is committed or the producer is sealed (L2).</item>
/// <item>Once sealed, nothing is accepted, and nothing that was open is ever answered true.</item>
/// <item>Who answers without an entry, and yet by what is in memory, asks for <see cref="Proof"/>: that the log was not sealed when the decision was made, or so lately
/// before it that nobody has taken over. A silo that stood still for long has nothing to say until its next commit (L4).</item>
/// <item>After a mark nothing is accepted that adds to an older slice of its class (L5a); cancels still reach back, as far as epochs are not closed by it.</item>
/// </list>
/// </summary>
public sealed partial class LedgerWriter : IAsyncDisposable
{
    private readonly ILedgerStore _store;
    private readonly LedgerOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly ITimer _watch;
    private readonly TaskCompletionSource _sealed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<ClassId, Promise> _marks = [];
    private long _highestMark = long.MinValue;
    private ImmutableArray<ICommitObserver> _observers = [];
    private SegmentWriter _gathering;
    private SegmentWriter _writing;
    private Commit _gatheringCommit;
    private Commit? _writingCommit;
    private long _attemptStarted;
    private long _openAt;
    private long _committed;
    private volatile bool _stalled;
    private bool _accepting;
    private int _wakeAt = int.MaxValue;
    private int _enough = 1;
    private bool _attempting;
    private volatile bool _closing;

    public LedgerWriter(ILedgerStore store, LedgerOptions options, TimeProvider clock, ILogger<LedgerWriter> logger)
    {
        options.Validate();
        _store = store;
        _options = options;
        _clock = clock;
        _logger = logger;
        _gathering = new(options.MaxSegmentBytes, options.MaxSegmentEntries);
        _writing = new(options.MaxSegmentBytes, options.MaxSegmentEntries);
        _gatheringCommit = new(1);
        _watch = clock.CreateTimer(_ => OnWatch(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>This log's number; 0 before <see cref="OpenAsync"/>.</summary>
    public long Producer { get; private set; }

    /// <summary>The position that the next append gets, or one before it: it only grows.</summary>
    public long NextPosition => Volatile.Read(ref _gatheringCommit).Position;

    /// <summary>The last position that is committed and that all observers have been told of.</summary>
    public long CommittedPosition => Volatile.Read(ref _committed);

    /// <summary>Whether a commit failed or hangs and is being retried: nothing may be decided.</summary>
    public bool IsStalled => _stalled;

    /// <summary>Completes when another process has sealed this log (or its thread is lost): the process must exit.</summary>
    public Task Sealed => _sealed.Task;

    /// <summary>
    /// Where waiters go on when a simulation calls <see cref="Step"/> in the thread's stead; null = it has its thread.
    /// </summary>
    internal TaskScheduler? Stepped { get; init; }

    /// <summary>Has <paramref name="observer"/> told of every commit from the next one on.</summary>
    public void Observe(ICommitObserver observer) => ImmutableInterlocked.Update(ref _observers, all => all.Add(observer));

    /// <summary>Registers a new producer and starts to accept. Once only.</summary>
    public async Task<ProducerRow> OpenAsync(SiloName silo, CancellationToken cancellation)
    {
        if (Producer != 0) throw new InvalidOperationException("The ledger is open already.");
        ProducerRow row = await _store.OpenProducerAsync(silo, cancellation);
        Producer = row.Producer;
        LogOpened(row.Producer);
        lock (_lock)
        {
            _gatheringCommit = new(row.Position + 1, Stepped);
            Volatile.Write(ref _committed, row.Position);
            Volatile.Write(ref _openAt, _clock.GetTimestamp());
            _accepting = true;
        }

        if (Stepped is null) new Thread(Run) { IsBackground = true, Name = "ledger" }.Start();
        return row;
    }

    /// <summary>The newest mark of a class in this log, or <see cref="long.MinValue"/>.</summary>
    public long MarkOf(ClassId @class)
    {
        lock (_lock) return PromiseOf(@class).Slice;
    }

    /// <summary>
    /// Appends a member's entry; null if nothing may be decided now (L7: stalled, full, sealed, closing or not open), or if it was decided
    /// before a mark that it would break: decide it again.
    /// </summary>
    /// <exception cref="ArgumentException">The entry is over <see cref="LedgerOptions.MaxEntryBytes"/>, or a name is not valid Unicode.</exception>
    /// <exception cref="OverflowException">A class's sum leaves 64 bits; nothing is changed.</exception>
    public Commit? Append(MemberId member, ReadOnlySpan<byte> entry, ReadOnlySpan<ClassDelta> deltas) =>
        Append(member, entry, deltas, null);

    /// <summary>The same, with a row of the member directory in the same transaction.</summary>
    /// <inheritdoc cref="Append(MemberId, ReadOnlySpan{byte}, ReadOnlySpan{ClassDelta})"/>
    public Commit? Append(MemberId member, ReadOnlySpan<byte> entry, ReadOnlySpan<ClassDelta> deltas, DirectoryChange? change)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entry.Length, LedgerOptions.MaxEntryBytes);
        Commit commit;
        bool wake;
        lock (_lock)
        {
            if (!_accepting || BreaksMark(deltas) || !_gathering.TryAppend(member, entry, deltas, change)) return null;
            commit = _gatheringCommit;
            wake = MustWake();
        }

        if (wake) _wake.Set();
        return commit;
    }

    private bool MustWake()
    {
        if (_gathering.Count < _wakeAt) return false;
        _wakeAt = int.MaxValue;
        return true;
    }

    private bool BreaksMark(ReadOnlySpan<ClassDelta> deltas)
    {
        foreach (ref readonly ClassDelta delta in deltas)
        {
            // Nearly every entry is of a slice that no class has marked.
            if (delta.Slice >= _highestMark) continue;
            Promise promise = PromiseOf(delta.Class);
            bool adds = delta.Units > 0 || delta.Members > 0;
            if (delta.Slice < (adds ? promise.Slice : promise.ClosedBefore)) return true;
        }

        return false;
    }

    private Promise PromiseOf(ClassId @class) => _marks.TryGetValue(@class, out Promise promise) ? promise : new(long.MinValue, long.MinValue);

    /// <summary>Appends the promise that nothing more comes before a slice; null as for an entry.</summary>
    /// <param name="closedBefore">Before this slice nothing is given back any more either: it is in epochs that the mark closes.</param>
    public Commit? AppendMark(SliceMark mark, long closedBefore = long.MinValue)
    {
        Commit commit;
        bool wake;
        lock (_lock)
        {
            if (!_accepting) return null;
            _gathering.Mark(mark);
            Promise before = PromiseOf(mark.Class);
            _marks[mark.Class] = new(Math.Max(mark.Slice, before.Slice), Math.Max(closedBefore, before.ClosedBefore));
            _highestMark = Math.Max(_highestMark, mark.Slice);
            commit = _gatheringCommit;
            wake = MustWake();
        }

        if (wake) _wake.Set();
        return commit;
    }

    /// <summary>
    /// What an answer that adds no entry rests on: null and true if a commit that was sent within <see cref="LedgerOptions.ProofMs"/> has succeeded; else true with the
    /// next commit, made for this if nothing else is to be written; false if nothing may be decided now, as for an entry.
    /// </summary>
    /// <param name="class">The answer's class: its last mark is logged once more, which promises nothing new.</param>
    public bool Proof(ClassId @class, out Commit? commit)
    {
        bool wake;
        lock (_lock)
        {
            commit = null;
            if (!_accepting) return false;
            if (_clock.GetElapsedTime(Volatile.Read(ref _openAt)).TotalMilliseconds < LedgerOptions.ProofMs) return true;
            if (_gathering.Count == 0) _gathering.Mark(new(@class, PromiseOf(@class).Slice));
            commit = _gatheringCommit;
            wake = MustWake();
        }

        if (wake) _wake.Set();
        return true;
    }

    /// <summary>
    /// Accepts nothing more, writes what is gathered and ends the thread. If the store fails meanwhile, what is not committed stays
    /// unknown: its callers are answered false.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        bool started;
        lock (_lock)
        {
            started = Producer != 0;
            _accepting = false;
            _closing = true;
        }

        _wake.Set();
        if (started && Stepped is null) await _ended.Task;
        await _watch.DisposeAsync();
    }

    /// <summary>What the newest mark of a class promises: nothing is added before the one slice, nothing given back before the other.</summary>
    private readonly record struct Promise(long Slice, long ClosedBefore);
}
