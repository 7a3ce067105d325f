using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Capacity;

/// <summary>
/// The silo's gates, one for each class that is used here, and their exchanges with the class grains: every 50 ms while a class is
/// used, every half second while it is not.
/// </summary>
internal sealed partial class ClassGates(
    IGrainFactory grains,
    IClassHeads heads,
    LedgerWriter ledger,
    TickPublisher ticks,
    Retention retention,
    GridClock clock,
    Background background,
    ILogger<ClassGates> logger) : IDisposable
{
    private static readonly TimeSpan BusyInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan IdleInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LookForClassesEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<ClassId, Lazy<Task<ClassGate?>>> _gates = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>The class's gate once it is ready, or null if there is no such class.</summary>
    public async ValueTask<ClassGate?> GetAsync(ClassId @class)
    {
        Lazy<Task<ClassGate?>> opening = _gates.GetOrAdd(@class, id => new(() => Open(id)));
        try
        {
            if (await opening.Value is not { } gate)
            {
                _gates.TryRemove(new(@class, opening));
                return null;
            }

            await gate.Ready;
            return gate;
        }
        catch
        {
            _gates.TryRemove(new(@class, opening));
            throw;
        }
    }

    /// <summary>For how long keys of the class must be remembered, in ms; null while the class is not known here.</summary>
    public long? DedupeWindowMs(ClassId @class)
    {
        if (!_gates.TryGetValue(@class, out Lazy<Task<ClassGate?>>? opening) || ReadyOf(opening) is not { } gate) return null;
        ClassPolicies policies = gate.View.Policies;
        return Math.Max(policies.Current.DedupeWindowMs, policies.Next?.DedupeWindowMs ?? 0);
    }

    /// <summary>How long a request of a lane may wait for room, in ms, at most over a co-op's classes; 0 while nothing is known of them.</summary>
    public int LongestWaitMs(string coop, string lane)
    {
        int longest = 0;
        foreach ((ClassId id, Lazy<Task<ClassGate?>> opening) in _gates)
        {
            if (id.Coop != coop || ReadyOf(opening) is not { } gate) continue;
            foreach (LanePolicy known in gate.View.Policies.Current.Lanes)
            {
                if (known.Name == lane || lane.Length == 0) longest = Math.Max(longest, known.LongestWaitMs);
            }
        }

        return longest;
    }

    /// <summary>Opens the gates of all classes, now and of those to come.</summary>
    public void Start() => background.Run(OpenUntilStopped);

    /// <summary>Ends the exchanges.</summary>
    public void Stop() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();

    private static ClassGate? ReadyOf(Lazy<Task<ClassGate?>> opening) =>
        opening.Value is { IsCompletedSuccessfully: true, Result: { Ready.IsCompletedSuccessfully: true } gate } ? gate : null;

    private async Task<ClassGate?> Open(ClassId @class)
    {
        // Read after this silo's producer was written, so that a later activation of the class finds the producer, or is known here (C1, L5a).
        if (await heads.ReadAsync(@class, _stopping.Token) is not { } head) return null;
        var gate = new ClassGate(@class, clock, head) { Tickets = grains.GetGrain<ITicketDesk>(@class.ToString()) };
        background.Run(() => ExchangeUntilStopped(gate));
        return gate;
    }

    /// <summary>
    /// Opens the gates of classes that are founded and not used here yet. A gate also makes its silo's marks: without them no slice of the
    /// class could close, and while its lease is not confirmed after a class has moved, nobody's may grow.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "A store that fails is asked again.")]
    private async Task OpenUntilStopped()
    {
        using var timer = new PeriodicTimer(LookForClassesEvery, clock.Time);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                IReadOnlyList<ClassId> classes = await heads.ListAsync(_stopping.Token);
                await Task.WhenAll(classes.Where(@class => !_gates.ContainsKey(@class)).Select(@class => GetAsync(@class).AsTask()))
                    .WaitAsync(AnswerWithin, clock.Time, _stopping.Token);
            }
            catch (Exception failure)
            {
                if (_stopping.IsCancellationRequested) return;
                LogNotOpened(failure);
            }

            if (!await NextTick(timer)) return;
        }
    }

    private async Task<bool> NextTick(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "An exchange that fails is tried again; the gate goes on with what it holds.")]
    private async Task ExchangeUntilStopped(ClassGate gate)
    {
        IClassGrain grain = grains.GetGrain<IClassGrain>(gate.Class.ToString());
        long lastDemand = -1;
        TimeSpan patience = AnswerWithin;
        using var timer = new PeriodicTimer(BusyInterval, clock.Time);
        while (!_stopping.IsCancellationRequested)
        {
            long demand = lastDemand;
            try
            {
                clock.Correct();
                demand = await Exchange(gate, grain, patience);
                if (!gate.Ready.IsCompleted || gate.ReportsAtOnce) demand = await Exchange(gate, grain, patience);
                patience = AnswerWithin;
            }
            catch (Exception failure)
            {
                LogExchangeFailed(failure, gate.Class);

                // An answer to an exchange that was given up is dropped. If the class takes so long for all of them, no lease would ever change.
                if (failure is TimeoutException) patience = TimeSpan.FromTicks(Math.Min(2 * patience.Ticks, LongestPatience.Ticks));
            }

            // A price that is up has to fall in time.
            bool idle = demand == lastDemand && gate.Ready.IsCompleted && gate.View.Signal.MultiplierPermille <= 1000;

            // A holder may ask at any moment, and is waited for no longer than its lane allows.
            idle = idle && gate.Reservations.Running(clock.Read().Now) is null;
            timer.Period = idle ? IdleInterval : BusyInterval;
            lastDemand = demand;
            if (!await NextTick(timer)) return;
        }
    }

    /// <returns>Everything demanded so far: while it does not grow, the class is idle here.</returns>
    private async Task<long> Exchange(ClassGate gate, IClassGrain grain, TimeSpan patience)
    {
        GateReport report = gate.Report(ledger.Producer, ticks.Last(gate.Class));
        ClassSignal signal = await grain.Exchange(report).AsTask().WaitAsync(patience, clock.Time, _stopping.Token);
        if (signal.Policies is null) throw new InvalidOperationException($"Class {gate.Class} is being founded.");
        gate.Hear(signal);
        retention.Saved(gate.Class, signal.Saved);
        PromiseMark(gate);
        return report.Lanes.Sum(lane => lane.Demanded) + report.Periods.Sum(period => period.Units);
    }

    // First the gate, so that what is decided from now on keeps the promise; then the ledger, which refuses what was decided before.
    private void PromiseMark(ClassGate gate)
    {
        Instant now = clock.Read().Now;
        WindowPolicy window = gate.View.Policies.Current.Window;
        window = gate.View.At(window.SliceAt(now)).Policy.Window;

        // By when an epoch is closed is announced with it: what is not announced is not marked.
        long announced = gate.View.Epochs?.Schedule.Until ?? long.MaxValue;
        long open = Math.Max(gate.Mark, Math.Min(window.SliceAt(now.PlusMs(-window.GraceMs)), announced));
        if (open <= ledger.MarkOf(gate.Class) || ledger.IsStalled) return;
        gate.RaiseMark(open);
        ledger.AppendMark(new(gate.Class, open), gate.ClosedBefore(open));
    }

    [LoggerMessage(LogLevel.Warning, "The gates of classes could not be opened; it is tried again.")]
    private partial void LogNotOpened(Exception failure);

    [LoggerMessage(LogLevel.Warning, "The exchange with class {Class} failed; its gate goes on with what it holds.")]
    private partial void LogExchangeFailed(Exception failure, ClassId @class);
}
