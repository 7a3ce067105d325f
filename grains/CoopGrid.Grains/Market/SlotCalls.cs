using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Market;

/// <summary>
/// A class's calls to its slots, each when it starts: a slot whose bids nobody has had cleared by then is cleared now, and not only after its end, when it
/// would sell nothing. Whoever asks before does the same, so nobody can tell when it was done. All slots of a class start at whole multiples of one length,
/// whatever policy they were sold under. Used in the class grain's turns only; a class that comes back calls the slot that runs.
/// </summary>
internal sealed partial class SlotCalls(ClassId @class, IGrainFactory grains, GridClock clock, ILogger logger)
{
    private const long PauseMicros = 1_000_000;

    private Task _call = Task.CompletedTask;
    private Instant _called = new(long.MinValue);
    private long _notBefore = long.MinValue;

    /// <summary>Calls the slot that runs, if it has not been called. It is not waited for: a slot may have to ask its class.</summary>
    public void Look(MarketPolicy market, Reading now)
    {
        Instant starts = market.StartOf(market.SlotAt(now.Now));
        if (starts == _called || !_call.IsCompleted || now.Micros < _notBefore) return;
        _call = Call(new(@class, starts.UnixMs));
    }

    [SuppressMessage("Design", "CA1031", Justification = "A slot that cannot be called is called again.")]
    private async Task Call(SlotId slot)
    {
        try
        {
            await grains.GetGrain<ISlotGrain>(slot.ToString()).Settle();
            _called = slot.Starts;
        }
        catch (Exception failure)
        {
            LogNotCalled(failure, slot);
            _notBefore = clock.Read().Micros + PauseMicros;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Slot {Slot} could not be called at its start; it is called again.")]
    private partial void LogNotCalled(Exception failure, SlotId slot);
}
