using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Turns committed segments into usage ticks on the Orleans stream: few and fat, one for each class and interval. A tick that is lost
/// is found missing by the class, which then reads the log (L5).
/// </summary>
internal sealed partial class TickPublisher(
    IServiceProvider services, LedgerWriter ledger, Retention retention, GridClock clock, ILogger<TickPublisher> logger)
    : BackgroundService, ICommitObserver
{
    /// <summary>The stream provider, and the namespace that class grains are subscribed to.</summary>
    public const string Stream = "usage";

    /// <summary>How often a class is told what was used.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<ClassId, ClassTicks> _classes = new();
    private readonly Lock _lock = new();

    /// <summary>The last tick of a class that was sent, to be repeated in the exchange; null if there is none.</summary>
    public UsageTick? Last(ClassId @class) => _classes.GetValueOrDefault(@class)?.Last;

    /// <inheritdoc/>
    public void OnCommitted(long position, IReadOnlyList<ClassDelta> deltas, IReadOnlyList<SliceMark> marks)
    {
        // A position goes into one tick as a whole.
        lock (_lock)
        {
            foreach (ClassDelta delta in deltas)
            {
                retention.Touched(delta.Class, ledger.Producer, position);
                Of(delta.Class).Add(position, delta);
            }

            foreach (SliceMark mark in marks)
            {
                retention.Touched(mark.Class, ledger.Producer, position);
                Of(mark.Class).Add(position, mark);
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A tick that is not sent is a gap that the class fills from the log.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        IStreamProvider provider = services.GetRequiredKeyedService<IStreamProvider>(Stream);
        using var timer = new PeriodicTimer(Interval, clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach ((ClassId @class, ClassTicks ticks) in _classes)
            {
                if (Take(ticks) is not { } tick) continue;
                try
                {
                    await provider.GetStream<UsageTick>(StreamId.Create(Stream, @class.ToString())).OnNextAsync(tick);
                }
                catch (Exception failure)
                {
                    LogNotSent(failure, @class, tick.Through);
                }
            }
        }
    }

    private UsageTick? Take(ClassTicks ticks)
    {
        lock (_lock) return ticks.Take(ledger.Producer);
    }

    private ClassTicks Of(ClassId @class) => _classes.GetOrAdd(@class, _ => new());

    [LoggerMessage(LogLevel.Warning, "The usage tick of {Class} through position {Position} was not sent; the class reads the log instead.")]
    private partial void LogNotSent(Exception failure, ClassId @class, long position);

    private sealed class ClassTicks
    {
        private readonly SortedDictionary<long, long> _usage = [];
        private readonly SortedDictionary<long, long> _members = [];
        private readonly SortedDictionary<long, long> _window = [];
        private readonly SortedDictionary<long, long> _late = [];
        private long _mark;
        private long _sent;
        private long _through;
        private volatile UsageTick? _last;

        public UsageTick? Last => _last;

        public void Add(long position, ClassDelta delta)
        {
            _through = position;
            Add(_usage, delta.Slice, delta.Units);
            Add(_members, delta.Slice, delta.Members);
            Add(_window, delta.Slice, delta.WindowUnits);
            Add(_late, delta.Slice, delta.LateUnits);
        }

        public void Add(long position, SliceMark mark)
        {
            _through = position;
            _mark = Math.Max(_mark, mark.Slice);
        }

        public UsageTick? Take(long producer)
        {
            if (_through == _sent) return null;
            _last = new UsageTick
            {
                Producer = producer,
                After = _sent,
                Through = _through,
                Usage = ToMessage(_usage),
                Members = _members.Values.Sum(),
                Mark = _mark,
                MembersBySlice = ToMessage(_members),
                WindowBySlice = ToMessage(_window),
                LateBySlice = ToMessage(_late),
            };
            _sent = _through;
            _usage.Clear();
            _members.Clear();
            _window.Clear();
            _late.Clear();
            return _last;
        }

        private static void Add(SortedDictionary<long, long> sums, long slice, long more)
        {
            if (more != 0) sums[slice] = sums.GetValueOrDefault(slice) + more;
        }

        private static ImmutableArray<SliceUsage> ToMessage(SortedDictionary<long, long> sums) =>
            sums.Count == 0 ? [] : [.. sums.Select(slice => new SliceUsage(slice.Key, slice.Value))];
    }
}
