using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using CoopGrid.Grains.Admission;
using CoopGrid.Grains.Admission.Peers;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Market;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>
/// One silo: all the grid's own classes as <c>AddGrid</c> puts them together, on a scheduler, clocks and a database connection of the
/// simulation. What is Orleans' (calls, directory, membership, timers, storage) is <see cref="SimCluster"/>'s and <see cref="SimActivation"/>'s.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "What is cancelled has no timer, and a dead process disposes of nothing.")]
internal sealed class SimSilo
{
    private const int MostMoves = 3;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(1);

    // BackgroundService.StartAsync hops to the thread pool; what it starts there is started here.
    private static readonly MethodInfo Execute = typeof(BackgroundService).GetMethod("ExecuteAsync", BindingFlags.Instance | BindingFlags.NonPublic)!;

    private readonly SimCluster _cluster;
    private readonly Dictionary<GrainId, SimActivation> _activations = [];
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly List<(long From, long Anchor)> _anchors = [];
    private readonly SimClassPort _classPort;
    private readonly IOptions<CheckpointOptions> _checkpointing;
    private bool _stepping;
    private bool _ended;

    public SimSilo(SimCluster cluster, int number)
    {
        _cluster = cluster;
        Number = number;
        World = cluster.World;
        SimPlan plan = cluster.Plan;
        Scheduler = new(World, number) { AfterTask = AfterTask };
        Time = new(Scheduler, World.Draw(1L, 1_000_000_000), !plan.Has(Faults.Clock) ? 0 : World.Chance(200) ? World.Draw(-2_000_000L, 2_000_000) : World.Draw(-40_000L, 40_000));
        Clock = new(Time);
        View = new(cluster, this);
        var store = new SimStorePort(World, cluster.Store, plan, plan.Planted);
        _classPort = new(World, cluster.Store, plan, plan.Planted);
        _checkpointing = Options.Create(
            new CheckpointOptions { MaxTailSegments = 12, MaxAgeMs = 400, ClassEveryMs = 300, SideBySide = 3, LookEveryMs = 100, DeleteEveryMs = 50 });
        var background = new Background(Scheduler);
        Ledger = new(store, new LedgerOptions(), Time, Log<LedgerWriter>()) { Stepped = Scheduler };
        var dirty = new DirtyQueue(Clock);
        var retention = new Retention(store, store, Ledger);
        var checkpoints = new CheckpointStore(store, store);
        Tails = new(store, retention, Log<SealedTails>());
        Claims = new(new Claimer(store, Tails, Ledger, Clock, background), store, checkpoints, Ledger, dirty);
        Accounts = new(Ledger, dirty);
        Ticks = new(new SimStreams(cluster), Ledger, retention, Clock, Log<TickPublisher>());
        Gates = new(cluster.FactoryOf(this), store, Ledger, Ticks, retention, Clock, background, Log<ClassGates>());
        Residents = new(Claims, Gates, Options.Create(new GrainCollectionOptions()));
        Desk = new(Residents, Claims);
        Checkpointer = new(dirty, Claims, checkpoints, retention, Ledger, Gates, Clock, _checkpointing, Log<Checkpointer>());
        Sealer = new(store, Ledger, View, Time, Log<Sealer>());
        Drainer = new(store, store, store, Tails, Claims, checkpoints, dirty, retention, Ledger, View, Clock, _checkpointing, Log<Drainer>());
        Wants = new(store, Claims, Checkpointer, Ledger, Clock, Log<WantWatch>());
        Store = store;
    }

    public int Number { get; }

    public SimWorld World { get; }

    public SimScheduler Scheduler { get; }

    public SimTime Time { get; }

    public GridClock Clock { get; }

    public SimView View { get; }

    public LedgerWriter Ledger { get; }

    public ClaimTable Claims { get; }

    /// <summary>Whether callers find it.</summary>
    public bool IsOpen { get; private set; }

    public bool IsStopping { get; private set; }

    public bool IsDead => Scheduler.IsDead;

    /// <summary>Since when it stands still; null while it does not.</summary>
    public long? FrozenSince { get; set; }

    /// <summary>By which its grains call others.</summary>
    public IGrainFactory References => _cluster.FactoryOf(this);

    public string Address => $"silo-{Number}";

    private SealedTails Tails { get; }

    private AccountLedger Accounts { get; }

    private TickPublisher Ticks { get; }

    private ClassGates Gates { get; }

    private ResidentMembers Residents { get; }

    private PeerDesk Desk { get; }

    private Checkpointer Checkpointer { get; }

    private Sealer Sealer { get; }

    private Drainer Drainer { get; }

    private WantWatch Wants { get; }

    private SimStorePort Store { get; }

    /// <summary>Starts as <c>GridLifecycle</c> does; a start that fails ends the process.</summary>
    public void Start() => Scheduler.Run(async () =>
    {
        try
        {
            await Ledger.OpenAsync(await View.OwnAsync(CancellationToken.None), CancellationToken.None);
            Ledger.Observe(Ticks);
            await Tails.RefreshAsync(CancellationToken.None);
        }
        catch (Exception failure)
        {
            World.Note(() => $"silo {Number}: did not start: {failure.Message}");
            _cluster.Crash(this);
            World.After(200_000, () => _cluster.Join());
            return;
        }

        _ = Scheduler.Run(() => Wants.RunAsync(_closed.Token));
        foreach (BackgroundService loop in (BackgroundService[])[Ticks, Checkpointer, Sealer, Drainer])
            _ = Scheduler.Run(() => (Task)Execute.Invoke(loop, [_stopped.Token])!);
        Gates.Start();
        IsOpen = true;
        World.Note(() => $"silo {Number}: open with producer {Ledger.Producer}");
    });

    /// <summary>Stops in the order of <c>GridLifecycle</c>; then the process is gone.</summary>
    public void Stop() => Scheduler.Run(async () =>
    {
        (IsOpen, IsStopping) = (false, true);
        World.Note(() => $"silo {Number}: stops");
        Gates.Stop();
        _stopped.Cancel();
        foreach (SimActivation activation in _activations.Values.ToList()) activation.Deactivate();
        try
        {
            await Checkpointer.SaveAllAsync(CancellationToken.None);
        }
        catch (Exception failure)
        {
            World.Note(() => $"silo {Number}: not all is checkpointed: {failure.Message}");
        }

        _closed.Cancel();
        await Ledger.DisposeAsync();
        while (Ledger.Step() != LedgerWriter.NextStep.Ended) await Task.Yield();
        await Store.SealAsync(Ledger.Producer, CancellationToken.None);
        World.Note(() => $"silo {Number}: has stopped");
    }).ContinueWith(_ => _cluster.Crash(this), Scheduler);

    /// <summary>The process is gone.</summary>
    public void Kill()
    {
        IsOpen = false;
        Scheduler.Kill();
    }

    /// <summary>A caller's request at this silo's door, as <c>AdmissionDesk</c> takes it.</summary>
    public async Task<AdmissionAnswer> Admit(MemberId member, AdmissionRequest request)
    {
        try
        {
            if (Residents.Find(member) is not { } decider) return await AskElsewhere(member, request);
            AdmissionPledge pledge = await decider.Pledge(request);
            if (pledge.Answer.Moved) return await AskGrain(member, request);
            return pledge.Commit is null || await pledge.Commit.Committed() ? pledge.Answer : AdmissionAnswer.Refused(Outcome.Unavailable, "");
        }
        catch (Exception failure)
        {
            _cluster.Suspect(failure);
            return AdmissionAnswer.Refused(Outcome.Unavailable, failure.Message);
        }
    }

    /// <summary>Calls a member's grain, wherever it is.</summary>
    public Task<T> CallMember<T>(MemberId member, Func<MemberGrain, ValueTask<T>> call) =>
        _cluster.Call(this, SimCluster.IdOf(member), grain => call((MemberGrain)grain).AsTask()).WaitAsync(AnswerWithin, Time);

    /// <summary>The activation that this silo has of a grain, made if there is none.</summary>
    public SimActivation ActivationOf(GrainId id, bool anew = false)
    {
        if (!anew && _activations.TryGetValue(id, out SimActivation? found) && !found.IsGone) return found;
        SimActivation made = id.Type == SimCluster.ClassType ? MakeClass(id) : MakeMember(id);
        _activations[id] = made;
        World.Note(() => $"silo {Number}: activates {id}");
        return made;
    }

    /// <summary>One that the silo has; null if there is none.</summary>
    public SimActivation? FindActivation(GrainId id) => _activations.GetValueOrDefault(id);

    public void Forget(SimActivation activation)
    {
        if (_activations.TryGetValue(activation.Id, out SimActivation? known) && ReferenceEquals(known, activation)) _activations.Remove(activation.Id);
        _cluster.Forget(activation.Id, this);
    }

    /// <summary>The true moment at which this silo's clock showed a time; the last one before <paramref name="committed"/> if it was stepped back.</summary>
    public long TrueMicros(Instant shown, long committed)
    {
        for (int i = _anchors.Count - 1; i >= 0; i--)
        {
            long at = shown.UnixMicroseconds - _anchors[i].Anchor;
            if (at >= _anchors[i].From && at <= committed) return at;
        }

        throw new InvalidOperationException($"Silo {Number}'s clock never showed {shown.UnixMicroseconds}.");
    }

    // Where a member was found last may be any silo: its desk decides for its own members only (PeerMembers).
    private async Task<AdmissionAnswer> AskElsewhere(MemberId member, AdmissionRequest request)
    {
        SimSilo[] peers = World.Chance(500) ? [.. _cluster.Open.Where(silo => !ReferenceEquals(silo, this))] : [];
        if (peers.Length == 0) return await AskGrain(member, request);
        SimSilo peer = World.Pick(peers);
        ImmutableArray<ImmutableArray<AdmissionAnswer>> told =
            await _cluster.Send(this, peer, () => peer.Desk.Admit([new(member, [request])]).AsTask()).WaitAsync(AnswerWithin, Time);
        return told[0].IsEmpty || told[0][0].Moved ? await AskGrain(member, request) : told[0][0];
    }

    private async Task<AdmissionAnswer> AskGrain(MemberId member, AdmissionRequest request)
    {
        for (int moves = 0; ; moves++)
        {
            AdmissionAnswer answer = await CallMember(member, grain => grain.Admit(request));
            if (!answer.Moved || moves == MostMoves) return answer;
        }
    }

    private SimActivation MakeMember(GrainId id) =>
        new(this, id, reentrant: true, _ => new MemberGrain(Claims, Gates, Accounts, Clock, null!, null!, null!), () => Task.CompletedTask);

    private SimActivation MakeClass(GrainId id)
    {
        var state = new SimState<ClassCheckpoint>(_classPort, GrainStates.Class, id);
        var calendar = new SimState<CalendarCheckpoint>(_classPort, GrainStates.Tickets, id);
        return new(
            this,
            id,
            reentrant: false,
            _ => new ClassGrain(
                state, calendar, SimBooks.None, _classPort, _classPort, _classPort, _classPort, NoSlots(), Clock, _checkpointing, Log<ClassGrain>()),
            () => Task.WhenAll(state.ReadStateAsync(), calendar.ReadStateAsync()));
    }

    // Nobody bids here, so no slot has a book or a charge.
    private SlotCharges NoSlots() => new(
        SimBooks.None,
        Fake.Of<IBillStore>(called => throw new NotSupportedException(called.Name)),
        Clock);

    private void AfterTask()
    {
        // How the silo's time lies to true time: entries carry the silo's.
        Reading reading = Clock.Read();
        long anchor = reading.Now.UnixMicroseconds - World.Now;
        if (_anchors.Count == 0 || _anchors[^1].Anchor != anchor) _anchors.Add((_anchors.Count == 0 ? 0 : World.Now, anchor));
        if (_stepping || _ended || !Ledger.HasGathered) return;
        StepAfter(World.Draw(50L, 1500));
    }

    private void StepAfter(long micros)
    {
        _stepping = true;
        World.After(micros, () => Scheduler.Run(Step));
    }

    private void Step()
    {
        _stepping = false;
        switch (Ledger.Step())
        {
            case LedgerWriter.NextStep.WaitToRetry:
                StepAfter(World.Draw(5000L, 40_000));
                break;
            case LedgerWriter.NextStep.Ended when !Ledger.Sealed.IsCompleted || IsStopping:
                _ended = true;
                break;
            case LedgerWriter.NextStep.Ended:
                _ended = true;
                // SealWatch ends the process; a little goes on before.
                World.Note(() => $"silo {Number}: finds itself sealed");
                IsOpen = false;
                World.After(World.Draw(0L, 30_000), () => _cluster.Crash(this));
                break;
            default:
                break;
        }
    }

    private SimLog<T> Log<T>() => new(_cluster, Number);
}

/// <summary>Log lines go to the trace; what should never be logged is a violation.</summary>
internal sealed class SimLog<T>(SimCluster cluster, int silo) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        cluster.World.Note(() => $"silo {silo}: {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}");
        if (exception is not null) cluster.Suspect(exception);
    }
}
