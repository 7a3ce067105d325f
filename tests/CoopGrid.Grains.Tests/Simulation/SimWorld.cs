namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>
/// One history: one thread, one seeded random, one true time. Events have a moment; tasks that are ready run before time goes on, in an order
/// that the random draws. So a seed gives the same history, event by event, in every process.
/// </summary>
internal sealed class SimWorld(int seed, bool traced)
{
    private const int TraceKept = 400;

    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly List<SimScheduler> _ready = [];
    private readonly Queue<string> _trace = new();
    private readonly Random _random = new(seed);
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile string? _strayed;
    private long _order;

    /// <summary>True time, in µs since the history's beginning.</summary>
    public long Now { get; private set; }

    /// <summary>Events and tasks so far.</summary>
    public long Steps { get; private set; }

    /// <summary>A fingerprint of everything that happened, in order.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>Nothing more goes wrong: the history is to come to rest.</summary>
    public bool IsCalm { get; set; }

    /// <summary>How many tasks in a thousand are held up, as a thread may be.</summary>
    public int SlowPermille { get; set; }

    /// <summary>The last things that happened; empty if nobody asked for them.</summary>
    public IEnumerable<string> Trace => _trace;

    /// <summary>A task comes. On another thread it would come at another moment in every run; then nothing that was seen is worth anything.</summary>
    public void ExpectOwnThread()
    {
        if (Environment.CurrentManagedThreadId != _thread) _strayed = Environment.StackTrace;
    }

    /// <summary>0 to <paramref name="below"/> − 1.</summary>
    public int Draw(int below) => _random.Next(below);

    /// <summary>From <paramref name="least"/> to <paramref name="most"/>.</summary>
    public long Draw(long least, long most) => _random.NextInt64(least, most + 1);

    public bool Chance(int permille) => permille > 0 && _random.Next(1000) < permille;

    public T Pick<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

    /// <summary>Has something happen after so many µs.</summary>
    public void After(long micros, Action happens) => _events.Enqueue(happens, (Now + Math.Max(0, micros), _order++));

    /// <summary>The scheduler has a task to run.</summary>
    public void Ready(SimScheduler scheduler) => _ready.Add(scheduler);

    /// <summary>It has none any more, or must not run.</summary>
    public void Unready(SimScheduler scheduler) => _ready.Remove(scheduler);

    public void Note(string what)
    {
        if (!traced) return;
        if (_trace.Count == TraceKept) _trace.Dequeue();
        _trace.Enqueue($"{Now / 1000.0,10:F3} ms  {what}");
    }

    public void Note(Func<string> what)
    {
        if (traced) Note(what());
    }

    /// <summary>Goes on until something holds; false if the time came first.</summary>
    public bool RunUntil(long micros, Func<bool> holds)
    {
        while (true)
        {
            if (_ready.Count > 0)
            {
                SimScheduler scheduler = _ready[_ready.Count == 1 ? 0 : Draw(_ready.Count)];
                Mix(scheduler.Number);
                scheduler.RunOne();
                continue;
            }

            if (_strayed is not null) throw new InvalidOperationException($"Work has left the simulation's thread: {_strayed}");
            if (holds()) return true;
            if (!_events.TryPeek(out _, out (long At, long Order) next) || next.At > micros)
            {
                Now = Math.Max(Now, micros);
                return holds();
            }

            Action happens = _events.Dequeue();
            Now = next.At;
            Mix(Now);
            happens();
        }
    }

    private void Mix(long value)
    {
        Steps++;
        Hash = unchecked((Hash ^ (ulong)value) * 1099511628211);
    }
}
