using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Market;
using CoopGrid.Grains.Pricing;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
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
    [PersistentState(GrainStates.Tickets, GrainStates.Storage)] IPersistentState<CalendarCheckpoint> calendar,
    IEntryBooks books,
    ILedgerStore ledger,
    ICheckpointStore checkpoints,
    IClassHeads heads,
    IPriceHistory prices,
    SlotCharges charges,
    GridClock clock,
    IOptions<CheckpointOptions> options,
    ILogger<ClassGrain> logger) : Grain, IClassGrain, IStreamSubscriptionObserver, IAsyncObserver<UsageTick>
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly StoredState<ClassCheckpoint> _stored = new(state);
    private ClassId _id;
    private ClassFold _fold = new(1);
    private ClassLog? _log;
    private ClassPrice? _price;
    private ClassLeases? _leases;
    private SlotCalls? _slots;
    private SlotBills? _slotBills;
    private PolicyHistory? _history;
    private ClassPolicy? _inForce;
    private EffectivePolicy? _effective;
    private EmergencyReader? _emergencies;
    private long _epoch;
    private long _openSlice = long.MinValue;
    private long _savedMicros;
    private bool _changed;
    private Task _saving = Task.CompletedTask;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = ClassId.Parse(this.GetPrimaryKeyString());
        if (_stored.Last.Policies is not null) await Start();
        this.RegisterGrainTimer(Look, new GrainTimerCreationOptions(LookEvery, LookEvery) { KeepAlive = true });
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_log is not null && _changed) await Save();
        await Task.WhenAll(_saving, _savingTickets);
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
        if (_stored.Last.Policies is null)
        {
            Instant now = clock.Read().Now;
            await Write(_ => new()
            {
                Policies = new(policy, null, 0, timeZone),
                History = [.. PolicyHistory.Found(_id.Class, policy, now).Versions],
                OpenSlice = policy.Window.SliceAt(now),
                Schedule = EpochScheduleRule.Founded(policy, timeZone, now),
            });
        }

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
        if (_leases.Answer(report, clock.Read().Micros) is not { } grant)
        {
            DeactivateOnIdle();
            throw new InvalidOperationException($"Another activation of class {_id} has a higher epoch than {_epoch}.");
        }

        Instant now = clock.Read().Now;
        Roll(now);
        BackedSeconds backed = BackedFor(report, now);
        return new ClassSignal
        {
            Policies = Told(_history!, now),
            UsageUnits = _fold.Window.Usage,
            Members = _fold.Members,
            OpenSlice = _openSlice,
            MultiplierPermille = MultiplierAt(now),
            SliceMultipliers = _inForce!.Entry == UsageEntry.Metered ? [.. _price.SliceMultipliers] : [],
            Epoch = grant.Epoch,
            LeaseUnitsPerSecond = grant.Lease.UnitsPerSecond,
            LeaseBurstUnits = grant.Lease.BurstUnits,
            LaneFloorMills = [.. grant.FloorMills ?? []],
            Saved = [.. _stored.Last.Producers.Select(producer => new SavedPosition(producer.Producer, producer.Watermark))],
            Exchange = grant.Exchange,
            Schedule = _fold.Epochs.Plan!.Schedule,
            FirstUnbilled = _stored.Last.FirstUnbilled,
            EpochSoFar = EpochSoFar(),
            Emergencies = EmergenciesAt(now),
            Bank = _bank?.News(report.BankThrough),
            TicketsFrom = backed.From,
            TicketsThrough = backed.Through,
            Slots = _slots!.LackedBy(report.Slots),
            ReservedUnitsPerSecond = grant.Reserved.UnitsPerSecond,
            ReservedBurstUnits = grant.Reserved.BurstUnits,
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
        int multiplier = MultiplierAt(now);
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

    // Made-up names must not fill the memory: only a founded class is kept alive.
    private void Forget() => DeactivateOnIdle();
}
