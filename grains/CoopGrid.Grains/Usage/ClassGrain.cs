using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Pricing;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Pricing;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// A class: the fold of its usage, its price and its capacity. Activated anew it reads its checkpoint, then the logs; what was
/// published before stays true. Kept alive: a class has a price also when nobody asks.
/// </summary>
[GrainType(GrainStates.Class)]
[KeepAlive]
[ImplicitStreamSubscription(TickPublisher.Stream)]
internal sealed partial class ClassGrain(
    [PersistentState(GrainStates.Class, GrainStates.Storage)] IPersistentState<ClassCheckpoint> state,
    ILedgerStore ledger,
    IPriceHistory prices,
    ISliceHistory slices,
    GridClock clock,
    IOptions<CheckpointOptions> options,
    ILogger<ClassGrain> logger) : Grain, IClassGrain, IStreamSubscriptionObserver, IAsyncObserver<UsageTick>
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private ClassId _id;
    private ClassFold _fold = new(1);
    private ClassLog? _log;
    private ClassPrice? _price;
    private ClassLeases? _leases;
    private ClassPolicy? _inForce;
    private long _openSlice = long.MinValue;
    private long _savedMicros;
    private bool _changed;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = ClassId.Parse(this.GetPrimaryKeyString());
        if (state.State.Policies is not null) await Start();
        this.RegisterGrainTimer(Look, new GrainTimerCreationOptions(LookEvery, LookEvery) { KeepAlive = true });
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_log is not null && _changed) await Save();
    }

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<UsageTick>().ResumeAsync(this);

    public async Task OnNextAsync(UsageTick item, StreamSequenceToken? token = null)
    {
        if (_log is null) return;
        _changed = true;
        await _log.Follow(item);
    }

    // A fault of the stream is no loss: the next exchange repeats the last tick, and the log fills the gap.
    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    public async Task Found(ClassPolicy policy, string timeZone)
    {
        // A founding that was broken off goes on. The slices before it are closed, also for a successor after a crash.
        long slice = policy.Window.SliceAt(clock.Read().Now);
        if (state.State.Policies is null) await Write(new ClassCheckpoint { Policies = new(policy, null, 0, timeZone), OpenSlice = slice });
        if (_log is null) await Start();
    }

    public async ValueTask<ClassSignal> Exchange(GateReport report)
    {
        if (_log is null || _price is null || _leases is null)
        {
            Forget();
            return new ClassSignal { Exchange = report.Exchange };
        }

        if (report.LastTick is { } tick) await _log.Follow(tick);
        _price.Hear(report);
        if (_leases.Answer(report) is not { } grant)
        {
            DeactivateOnIdle();
            throw new InvalidOperationException($"Another activation of class {_id} has a higher epoch than {state.State.Epoch}.");
        }

        Instant now = clock.Read().Now;
        Roll(now);
        return new ClassSignal
        {
            Policies = state.State.Policies,
            UsageUnits = _fold.Window.Usage,
            Members = _fold.Members,
            OpenSlice = _openSlice,
            MultiplierPermille = _price.MultiplierAt(_inForce!, now),
            SliceMultipliers = _inForce!.Entry == UsageEntry.Metered ? [.. _price.SliceMultipliers] : [],
            Epoch = grant.Epoch,
            LeaseUnitsPerSecond = grant.Lease.UnitsPerSecond,
            LeaseBurstUnits = grant.Lease.BurstUnits,
            Saved = [.. state.State.Producers.Select(producer => new SavedPosition(producer.Producer, producer.Watermark))],
            Exchange = grant.Exchange,
        };
    }

    public ValueTask<ClassState?> GetState()
    {
        if (_price is null)
        {
            Forget();
            return new((ClassState?)null);
        }

        Instant now = clock.Read().Now;
        Roll(now);
        int multiplier = _price.MultiplierAt(_inForce!, now);
        var mean = new Mean(_fold.Window.Usage, _fold.Members);
        return new(new ClassState
        {
            Class = _id,
            UsageUnits = mean.Usage,
            Members = mean.Members,
            MeanMilliunits = mean.Milliunits,
            Price = _price.Last ?? new PricePeriod { SurgePermille = 1000, TouPermille = multiplier, MultiplierPermille = multiplier },
            Policy = _inForce!,
            Lanes = [.. _price.Lanes],
            Slice = _fold.Window.Newest,
            At = now,
        });
    }

    public ValueTask<ClassPolicies?> GetPolicies()
    {
        if (_log is null) Forget();
        return new(state.State.Policies);
    }

    public async Task<PolicyAnswer> SetPolicy(int basedOnVersion, ClassPolicy policy)
    {
        if (_log is null) return new(PolicyOutcome.ClassUnknown, null, $"There is no class {_id}.");
        Instant now = clock.Read().Now;
        Roll(now);
        ClassPolicies policies = Settled();
        if (basedOnVersion != policies.Newest.Version)
            return new(PolicyOutcome.VersionConflict, policies, $"The newest version is {policies.Newest.Version}: read it and try again.");
        IReadOnlyList<PolicyError> errors = PolicyRules.Check(policy, policies.TimeZone);
        if (errors.Count > 0) return new(PolicyOutcome.Invalid, policies, string.Join(Environment.NewLine, errors));
        if (NotChangeable(policies.Current, policy) is { } field)
            return new(PolicyOutcome.NotChangeable, policies, $"{field} cannot change while members have windows in the class: found another class.");

        ClassPolicies next = policies with
        {
            Next = policy with { Version = policies.Newest.Version + 1 },
            NextFromSlice = PolicyChange.NeedsNewEpoch(policies.Current, policy)
                ? policy.Window.SliceAt(EpochCalendar.NextStart(policies.Current.Window.Epoch, policies.Current.Window, policies.TimeZone, now))
                : policy.Window.SliceAt(now) + 1,
        };
        await Write(Checkpoint() with { Policies = next });
        return new(PolicyOutcome.Accepted, next);
    }

    // Made-up names must not fill the memory: only a founded class is kept alive.
    private void Forget() => DeactivateOnIdle();

    private static string? NotChangeable(ClassPolicy current, ClassPolicy changed)
    {
        if (changed.Entry != current.Entry) return "entry";
        if (changed.Window.SliceMs != current.Window.SliceMs) return "window.sliceMs";
        if (changed.Window.Slices != current.Window.Slices) return "window.slices";

        // The history counts its periods by their length.
        return PriceRule.PeriodMs(changed) != PriceRule.PeriodMs(current) ? "price.controlPeriodMs" : null;
    }

    private async Task Start()
    {
        ClassCheckpoint stored = state.State with { Epoch = state.State.Epoch + 1 };
        await Write(stored);
        Instant now = clock.Read().Now;
        long openSlice = stored.OpenSlice == long.MinValue ? stored.Policies!.Current.Window.SliceAt(now) : stored.OpenSlice;
        ClassFold fold = stored.ToFold();
        fold.Window.KeepFor(openSlice);
        var log = new ClassLog(_id, fold, ledger);
        await log.CatchUp();
        _fold = fold;
        _openSlice = openSlice;
        _inForce = stored.Policies!.At(stored.Policies.Current.Window.SliceAt(now));
        _price = new ClassPrice(_id, stored.Policies.TimeZone, prices);
        await _price.Load(_inForce, now);
        _leases = new ClassLeases(stored.Epoch, _inForce.Capacity);
        _leases.OpenGates(
            (await ledger.ListProducersAsync(CancellationToken.None)).Where(p => p.State == ProducerState.Open).Select(p => p.Producer));
        _changed = true;
        _log = log;
    }

    private async Task Look(CancellationToken cancellation)
    {
        if (_log is null) return;
        try
        {
            Reading reading = clock.Read();
            Roll(reading.Now);
            await _price!.Close(state.State.Policies!, reading.Now);
            await CloseSlices();
            if (_changed && reading.Micros - _savedMicros >= options.Value.ClassEveryMs * 1000L) await Save();
        }
        catch (Exception failure) when (failure is not InconsistentStateException)
        {
            LogLookFailed(failure, _id);
        }
    }

    /// <summary>Lets the window and the policy follow the clock.</summary>
    private void Roll(Instant now)
    {
        ClassPolicies policies = state.State.Policies!;
        long slice = policies.Current.Window.SliceAt(now);
        _fold.Window.Roll(slice);
        ClassPolicy policy = policies.At(slice);
        if (ReferenceEquals(policy, _inForce)) return;
        _inForce = policy;
        _leases!.SetCapacity(policy.Capacity);
        _changed = true;
    }

    /// <summary>Closes the slices that every producer has promised to add nothing to (L5a).</summary>
    private async Task CloseSlices()
    {
        long promised = _fold.Marks.Count == 0 ? long.MinValue : _fold.Marks.Values.Max();
        if (promised <= _openSlice) return;
        foreach (ProducerRow producer in await ledger.ListProducersAsync(CancellationToken.None))
        {
            if (producer.State == ProducerState.Open) promised = Math.Min(promised, _fold.MarkOf(producer.Producer));
            else if (producer.State == ProducerState.Sealed && _fold.WatermarkOf(producer.Producer) < producer.Position) return;
        }

        if (promised <= _openSlice) return;
        long first = Math.Max(_openSlice, promised - _inForce!.Window.Slices);
        List<SliceRow> rows = [];
        for (long slice = first; slice < promised; slice++)
            rows.Add(new(slice, _fold.Window.UnitsIn(slice), _fold.Window.UsageAt(slice), _fold.Members));
        await slices.AppendAsync(_id, rows, CancellationToken.None);
        _openSlice = promised;
        _fold.Window.KeepFor(promised);
        _changed = true;
    }

    private ClassCheckpoint Checkpoint()
    {
        // The last periods before a change are priced after it, by the policy that was in force in them.
        ClassPolicies policies = state.State.Policies!;
        bool priced = policies.Next is { } next && _price!.OpenPeriod >= PriceRule.PeriodAt(next, next.Window.StartOf(policies.NextFromSlice));
        return (state.State with { Policies = priced ? Settled() : policies }).With(_fold, _openSlice);
    }

    /// <summary>The policies, with one that has come into force as the current one.</summary>
    private ClassPolicies Settled()
    {
        ClassPolicies policies = state.State.Policies!;
        bool settled = policies.Next is not null && ReferenceEquals(_inForce, policies.Next);
        return settled ? policies with { Current = policies.Next!, Next = null, NextFromSlice = 0 } : policies;
    }

    private async Task Save()
    {
        _savedMicros = clock.Read().Micros;
        _changed = false;
        await Write(Checkpoint());
    }

    // A failed write must not leave the change behind for the next one to store.
    private async Task Write(ClassCheckpoint next)
    {
        ClassCheckpoint before = state.State;
        state.State = next;
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            state.State = before;
            _changed = true;
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Class {Class} could not close a period or a slice; it is tried again.")]
    private partial void LogLookFailed(Exception failure, ClassId @class);
}
