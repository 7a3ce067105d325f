using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Market;
using CoopGrid.Grains.Pricing;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace CoopGrid.Grains.Usage;

/// <content>Starts from what is stored, closes periods and slices, and stores what came of it.</content>
internal sealed partial class ClassGrain
{
    private const long ListEveryMicros = 250_000;

    private long _listedMicros;
    private long _chargesSaved;

    private async Task Start()
    {
        Instant now = clock.Read().Now;
        long founded = _stored.Last.OpenSlice == long.MinValue ? _stored.Last.Policies!.Current.Window.SliceAt(now) : _stored.Last.OpenSlice;
        await heads.FoundAsync(_id, new(_stored.Last.Epoch, founded), CancellationToken.None);

        // The epoch first: from here on no older activation prices or closes anything, and what it has granted is known from the gates (C1).
        (_epoch, _openSlice) = await heads.RaiseEpochAsync(_id, CancellationToken.None);

        // Then the checkpoint, written at once, so that an older activation writes none any more: it could let a producer be drained that
        // is not in what was read here.
        await _stored.Read();
        _history = _stored.Last.ToHistory(_id.Class);
        EpochSchedule schedule = _stored.Last.Schedule ?? EpochScheduleRule.Late(_history.Newest, Zone, now);
        Instant handedIn = HandedIn(_stored.Last, now);
        await Write(last => last with { Epoch = _epoch, Schedule = schedule, SlotsHandedInBeforeUnixMs = handedIn.UnixMs });
        ClassCheckpoint stored = _stored.Last;
        ClassFold fold = stored.ToFold();
        fold.Window.KeepFor(founded);
        fold.Epochs.Plan = PlanOf(schedule);
        var log = new ClassLog(_id, fold, ledger);
        await log.CatchUp();
        fold.Window.KeepFor(_openSlice);
        _fold = fold;
        await ReadEmergencies();
        _inForce = _history.RulesAt(now).Current;
        _effective = EffectiveAt(_inForce, _emergencies!.Book.TimeAt(now));
        _price = new ClassPrice(_id, Zone, _epoch, prices, heads);
        await _price.Load(_inForce, now);

        // What an earlier activation has told of the bank is known before anything is told.
        await FollowBank();
        _slots = new SlotCalls(_id, GrainFactory, clock, logger);
        _slotBills = new SlotBills(_id, charges, GrainFactory, clock, logger, handedIn);
        _leases = new ClassLeases(_epoch, _effective.Policy, clock.Read().Micros);
        _leases.OpenGates(
            (await ledger.ListProducersAsync(CancellationToken.None)).Where(p => p.State == ProducerState.Open).Select(p => p.Producer));
        await StartTickets();
        _changed = true;
        _log = log;
        Roll(now);
    }

    private async Task Look(CancellationToken cancellation)
    {
        if (_log is null) return;
        try
        {
            Reading reading = clock.Read();
            Roll(reading.Now);
            LookAtSlots(reading);
            LookAtTickets(reading);
            bool due = reading.Micros - _listedMicros >= ListEveryMicros;

            // Also before a period is closed: what caps it was declared before its end.
            if (due || _price!.IsDue(_history!, reading.Now)) await ReadEmergencies();
            if ((due && !await FollowProducers(reading.Micros)) || !await _price!.Close(_history!, _emergencies!.Book, reading.Now) || !await CloseSlices())
            {
                DeactivateOnIdle();
                return;
            }

            await FollowBank();
            await Announce(reading.Now);
            SaveTickets();
            SaveBeside(reading.Micros);
        }
        catch (Exception failure) when (failure is not InconsistentStateException)
        {
            LogLookFailed(failure, _id);
        }
    }

    private void LookAtSlots(Reading reading)
    {
        MarketPolicy market = _inForce!.Market;
        _slots!.Look(market, at => PolicyAt(_inForce.Window.SliceAt(at)).Capacity, reading);

        // A slot without a book has nothing to hand in, and once it is called it gets none.
        if (_slots.HasCalled(market.StartOf(market.SlotAt(reading.Now)))) _slotBills!.Look(market, _fold.Epochs.Plan!, _inForce.Window, reading);
        if (_slotBills!.Charges != _chargesSaved) (_chargesSaved, _changed) = (_slotBills.Charges, true);
    }

    // Slots that started before a class knew of reservations guaranteed nothing, and cost nothing.
    private Instant HandedIn(ClassCheckpoint stored, Instant now)
    {
        MarketPolicy market = _history!.RulesAt(now).Current.Market;
        return stored.SlotsHandedInBeforeUnixMs is { } until ? Instant.FromUnixMs(until) : market.StartOf(market.SlotAt(now));
    }

    /// <summary>Takes in what dead silos had committed, and frees what was leased to them.</summary>
    /// <returns>
    /// False if a later activation of the class is at work. Each holds the gates that talk to it only, so while both are there nobody's lease grows;
    /// periods and slices, whose closing tells it too, may be long.
    /// </returns>
    private async Task<bool> FollowProducers(long micros)
    {
        _listedMicros = micros;
        if (await heads.ReadAsync(_id, CancellationToken.None) is not { } head || head.Epoch != _epoch) return false;
        IReadOnlyList<ProducerRow> producers = await ledger.ListProducersAsync(CancellationToken.None);
        await _log!.FollowSealed(producers);
        foreach (ProducerRow producer in producers)
        {
            if (producer.State != ProducerState.Open) _leases!.Seal(producer.Producer, micros);
        }

        return true;
    }

    /// <summary>Lets the window and the policy follow the clock.</summary>
    private void Roll(Instant now)
    {
        long slice = _history!.Newest.Window.SliceAt(now);
        _fold.Window.Roll(slice);
        RollEpochs(slice);
        ClassPolicy policy = _history.InForceAt(slice).Policy;
        bool changed = !ReferenceEquals(policy, _inForce);
        if (!changed && _emergencies!.Book.All.Count == 0) return;
        EffectivePolicy effective = EffectiveAt(policy, _emergencies!.Book.TimeAt(now));
        if (!changed && effective.Applied.SequenceEqual(_effective!.Applied)) return;
        (_inForce, _effective) = (policy, effective);
        _leases!.SetPolicy(effective.Policy);
        _changed = true;
    }

    /// <summary>Closes the slices that every producer has promised to add nothing to (L5a).</summary>
    /// <returns>False if a later activation of the class is at work.</returns>
    private async Task<bool> CloseSlices()
    {
        long promised = _fold.Marks.Count == 0 ? long.MinValue : _fold.Marks.Values.Max();
        if (promised <= _openSlice) return true;
        IReadOnlyList<ProducerRow> producers = await ledger.ListProducersAsync(CancellationToken.None);
        foreach (ProducerRow producer in producers)
        {
            if (producer.State == ProducerState.Open) promised = Math.Min(promised, _fold.MarkOf(producer.Producer));
            else if (producer.State == ProducerState.Sealed && _fold.WatermarkOf(producer.Producer) < producer.Position) return true;
        }

        if (promised <= _openSlice) return true;
        long first = Math.Max(_openSlice, promised - _inForce!.Window.Slices);
        List<SliceRow> rows = [];
        for (long slice = first; slice < promised; slice++)
            rows.Add(new(slice, _fold.Window.UnitsIn(slice), _fold.Window.UsageAt(slice), _fold.Members));
        var closing = new SliceClosing(_epoch, producers[^1].Producer, promised, rows);
        ClosingOutcome outcome = await heads.CloseSlicesAsync(_id, closing, CancellationToken.None);
        if (outcome != ClosingOutcome.Closed) return outcome != ClosingOutcome.Superseded;
        _openSlice = promised;
        _fold.Window.KeepFor(promised);
        _changed = true;
        return true;
    }

    private ClassCheckpoint CheckpointAfter(ClassCheckpoint last) =>
        (last with
        {
            Policies = Told(_history!, clock.Read().Now),
            History = [.. _history!.Versions],
            Bank = _bank?.Stored,
            SlotsHandedInBeforeUnixMs = _slotBills!.HandedInBefore.UnixMs,
        }).With(_fold, _openSlice);

    private void SaveBeside(long micros)
    {
        if (_changed && _saving.IsCompleted && micros - _savedMicros >= options.Value.ClassEveryMs * 1000L) _saving = Beside(Save());
    }

    /// <summary>Looks after a write that no turn waits for: a store may take seconds, in which gates want their leases.</summary>
    private async Task Beside(Task write)
    {
        try
        {
            await write;
        }
        catch (InconsistentStateException)
        {
            DeactivateOnIdle();
        }
        catch (Exception failure) when (failure is not InconsistentStateException)
        {
            LogSaveFailed(failure, _id);
        }
    }

    private Task Save()
    {
        _savedMicros = clock.Read().Micros;
        _changed = false;
        return Write(CheckpointAfter);
    }

    private async Task Write(Func<ClassCheckpoint, ClassCheckpoint> change)
    {
        try
        {
            await _stored.Write(change);
        }
        catch
        {
            _changed = true;
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Class {Class} could not close a period or a slice; it is tried again.")]
    private partial void LogLookFailed(Exception failure, ClassId @class);

    [LoggerMessage(LogLevel.Warning, "Class {Class} could not store its checkpoint; it is tried again.")]
    private partial void LogSaveFailed(Exception failure, ClassId @class);
}
