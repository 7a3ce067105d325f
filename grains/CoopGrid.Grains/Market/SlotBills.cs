using System.Diagnostics.CodeAnalysis;
using CoopGrid.Domain.Billing;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Market;

/// <summary>
/// Sees to it that the charges of all a class's slots are handed in, slot after slot in the order of their starts, each once it has started: from then on they are
/// final. How far it is is kept in the class's checkpoint; what a crash makes it do again changes nothing. An epoch is not frozen, and no bill of
/// it made, before the slots that start in it are handed in. Used in the class grain's turns only.
/// </summary>
/// <param name="handedIn">How far it was: the slots that start before this moment are handed in.</param>
internal sealed partial class SlotBills(ClassId @class, SlotCharges charges, IGrainFactory grains, GridClock clock, ILogger logger, Instant handedIn)
{
    private const long PauseMicros = 1_000_000;

    private Task _work = Task.CompletedTask;
    private long _notBefore = long.MinValue;

    /// <summary>The slots that start before this moment are handed in.</summary>
    public Instant HandedInBefore { get; private set; } = handedIn;

    /// <summary>How many charges this activation has handed in.</summary>
    public long Charges { get; private set; }

    /// <summary>Hands in what has started since. It is not waited for: a slot may have to ask its class.</summary>
    public void Look(MarketPolicy market, EpochPlan plan, WindowPolicy window, Reading now)
    {
        Instant until = market.StartOf(market.SlotAt(now.Now) + 1);
        if (until <= HandedInBefore || !_work.IsCompleted || now.Micros < _notBefore) return;
        _work = HandIn(until, starts => (plan.At(Math.Max(plan.First, window.SliceAt(starts))) ?? throw new InvalidOperationException("No epoch.")).Number);
    }

    [SuppressMessage("Design", "CA1031", Justification = "What could not be handed in is handed in again.")]
    private async Task HandIn(Instant until, Func<Instant, long> epochAt)
    {
        try
        {
            Charges += await charges.HandInAsync(
                @class, HandedInBefore, until, epochAt, slot => grains.GetGrain<ISlotGrain>(slot.ToString()), CancellationToken.None);
            HandedInBefore = until;
        }
        catch (Exception failure)
        {
            LogNotHandedIn(failure, @class);
            _notBefore = clock.Read().Micros + PauseMicros;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Charges of slots of class {Class} could not be handed in; it is tried again.")]
    private partial void LogNotHandedIn(Exception failure, ClassId @class);
}
