using CoopGrid.Domain.Pricing;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Pricing;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace CoopGrid.Grains.Usage;

/// <content>Starts from what is stored, closes periods and slices, and stores what came of it.</content>
internal sealed partial class ClassGrain
{
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
        _leases = new ClassLeases(stored.Epoch, _inForce.Capacity, clock.Read().Micros);
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
