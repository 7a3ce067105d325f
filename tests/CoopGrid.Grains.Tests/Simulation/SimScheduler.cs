namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>
/// Where one silo's tasks run: one after another, in an order that the random draws. Frozen, it keeps them; dead, it forgets them for ever, so
/// whatever waited in that silo never goes on.
/// </summary>
internal sealed class SimScheduler(SimWorld world, int number) : TaskScheduler
{
    private readonly List<Task> _tasks = [];

    public int Number { get; } = number;

    public bool IsFrozen { get; private set; }

    public bool IsDead { get; private set; }

    /// <summary>Called after every task.</summary>
    public Action? AfterTask { get; set; }

    public SimWorld World => world;

    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Starts work here.</summary>
    public Task Run(Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Starts work here.</summary>
    public void Run(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this);

    public void Freeze()
    {
        if (IsFrozen || IsDead) return;
        IsFrozen = true;
        if (_tasks.Count > 0) world.Unready(this);
    }

    public void Thaw()
    {
        if (!IsFrozen || IsDead) return;
        IsFrozen = false;
        if (_tasks.Count > 0) world.Ready(this);
    }

    public void Kill()
    {
        if (_tasks.Count > 0 && !IsFrozen && !IsDead) world.Unready(this);
        IsDead = true;
        _tasks.Clear();
    }

    /// <summary>Runs one of its tasks.</summary>
    public void RunOne()
    {
        int at = _tasks.Count == 1 ? 0 : world.Draw(_tasks.Count);
        Task task = _tasks[at];
        _tasks[at] = _tasks[^1];
        _tasks.RemoveAt(_tasks.Count - 1);
        if (_tasks.Count == 0) world.Unready(this);
        TryExecuteTask(task);
        AfterTask?.Invoke();
    }

    protected override void QueueTask(Task task)
    {
        if (IsDead) return;
        world.ExpectOwnThread();
        if (world.Chance(world.SlowPermille)) world.After(world.Draw(1L, 3000), () => Add(task));
        else Add(task);
    }

    // Nothing runs on the stack of another: the random decides what comes first.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _tasks;

    private void Add(Task task)
    {
        if (IsDead) return;
        _tasks.Add(task);
        if (_tasks.Count == 1 && !IsFrozen) world.Ready(this);
    }
}

/// <summary>
/// A silo's clocks. The monotonic one runs with true time from an origin of its own; the wall clock is off by so much, and can be stepped.
/// </summary>
internal sealed class SimTime(SimScheduler scheduler, long originMicros, long wallOffMicros) : TimeProvider
{
    /// <summary>What the wall clocks show at the history's beginning, in µs since the Unix epoch: a slice's start.</summary>
    public const long EpochMicros = 1_800_000_000_000_000;

    private readonly long _origin = originMicros;

    /// <summary>How far the wall clock is ahead.</summary>
    public long WallOffMicros { get; set; } = wallOffMicros;

    public override long TimestampFrequency => 1_000_000;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => scheduler.World.Now + _origin;

    public override DateTimeOffset GetUtcNow() =>
        DateTimeOffset.UnixEpoch.AddTicks((EpochMicros + scheduler.World.Now + WallOffMicros) * TimeSpan.TicksPerMicrosecond);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(scheduler, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(SimScheduler scheduler, TimerCallback callback, object? state) : ITimer
    {
        private const long LateMicros = 300;

        private int _version;
        private long _period = -1;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int version = ++_version;
            _period = Micros(period);
            long due = Micros(dueTime);
            if (due >= 0) Arm(due, version);
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private static long Micros(TimeSpan span) => span == Timeout.InfiniteTimeSpan ? -1 : (long)span.TotalMicroseconds;

        private void Arm(long due, int version) =>
            scheduler.World.After(due + scheduler.World.Draw(0L, LateMicros), () =>
            {
                if (version != _version || scheduler.IsDead) return;

                // A silo that stands still hears of it when it wakes up; else the callback only wakes who waits.
                if (scheduler.IsFrozen) scheduler.Run(() => Fire(version));
                else Fire(version);
            });

        private void Fire(int version)
        {
            if (version != _version) return;
            if (_period > 0) Arm(_period, version);
            else _version++;
            callback(state);
        }
    }
}
