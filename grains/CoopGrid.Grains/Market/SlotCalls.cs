using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CoopGrid.Domain.Market;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Market;

/// <summary>
/// A class's calls to its slots, each when it starts: a slot whose bids nobody has had cleared by then is cleared now, and not only after its end, when it
/// would sell nothing. Whoever asks before does the same, so nobody can tell when it was done. All slots of a class start at whole multiples of one length,
/// whatever policy they were sold under. Used in the class grain's turns only; a class that comes back calls the slot that runs.
/// <para>
/// The answer is who holds what of the slot: gates are told what they lack of it. After its gate has closed holders are only added, so a slot is looked at
/// some seconds ahead too, and gates know nearly all when it starts.
/// </para>
/// </summary>
internal sealed partial class SlotCalls(ClassId @class, IGrainFactory grains, GridClock clock, ILogger logger)
{
    private const long PauseMicros = 1_000_000;
    private const long AheadMs = 3000;

    private readonly List<SlotHolders> _known = [];
    private Task _call = Task.CompletedTask;
    private Instant _called = new(long.MinValue);
    private Instant _lookedAhead = new(long.MinValue);
    private long _notBefore = long.MinValue;

    /// <summary>Calls the slot that runs, or the next one ahead, if it has not been called. It is not waited for: a slot may have to ask its class.</summary>
    /// <param name="capacityAt">C and B at a moment: what a holder may use at once is fixed by those of the slot's start.</param>
    public void Look(MarketPolicy market, Func<Instant, CapacityPolicy> capacityAt, Reading now)
    {
        _known.RemoveAll(slot => Instant.FromUnixMs(slot.StartsUnixMs).PlusMs(slot.Seconds * 1000) <= now.Now);
        if (!_call.IsCompleted || now.Micros < _notBefore) return;
        long running = market.SlotAt(now.Now);
        Instant starts = market.StartOf(running), next = market.StartOf(running + 1);
        if (starts != _called)
            _call = Call(starts, capacityAt(starts), now.Now);
        else if (next != _lookedAhead && now.Now >= next.PlusMs(-AheadMs) && now.Now >= market.GateCloses(running + 1))
            _call = LookAhead(next, capacityAt(next), now.Now);
    }

    /// <summary>Whether the slot that starts then has answered since: from then on it sells nothing.</summary>
    public bool HasCalled(Instant starts) => _called == starts;

    /// <summary>What a gate does not know yet.</summary>
    public ImmutableArray<SlotHolders> LackedBy(ImmutableArray<SlotVersion> gate) =>
        [.. _known.Where(slot => gate.IsDefault || !gate.Any(known => known.StartsUnixMs == slot.StartsUnixMs && known.Version >= slot.Version))];

    [SuppressMessage("Design", "CA1031", Justification = "A slot that cannot be called is called again.")]
    private async Task Call(Instant starts, CapacityPolicy capacity, Instant present)
    {
        try
        {
            await Learn(starts, capacity, present);
            _called = starts;
        }
        catch (Exception failure)
        {
            LogNotCalled(failure, SlotAt(starts));
            _notBefore = clock.Read().Micros + PauseMicros;
        }
    }

    // Only a look: whatever fails is found out at the start.
    [SuppressMessage("Design", "CA1031", Justification = "The slot is called at its start in any case.")]
    private async Task LookAhead(Instant starts, CapacityPolicy capacity, Instant present)
    {
        _lookedAhead = starts;
        try
        {
            await Learn(starts, capacity, present);
        }
        catch (Exception failure)
        {
            LogNotLookedAhead(failure, SlotAt(starts));
        }
    }

    private async Task Learn(Instant starts, CapacityPolicy capacity, Instant present)
    {
        if (await grains.GetGrain<ISlotGrain>(SlotAt(starts).ToString()).GetHolders(present) is not { Holders.Length: > 0 } told) return;
        SlotHolders slot = told with
        {
            Holders = [.. told.Holders.Select(holder => holder with { BurstUnits = ReservedRate.BurstOf(holder.UnitsPerSecond, capacity) })],
        };
        SlotHolders? known = _known.Find(other => other.StartsUnixMs == slot.StartsUnixMs);
        if (known is not null && known.Holders.SequenceEqual(slot.Holders)) return;
        if (known is not null) _known.Remove(known);
        _known.Add(slot);
    }

    private SlotId SlotAt(Instant starts) => new(@class, starts.UnixMs);

    [LoggerMessage(LogLevel.Warning, "Slot {Slot} could not be called at its start; it is called again.")]
    private partial void LogNotCalled(Exception failure, SlotId slot);

    [LoggerMessage(LogLevel.Warning, "Slot {Slot} could not be looked at ahead of its start.")]
    private partial void LogNotLookedAhead(Exception failure, SlotId slot);
}
