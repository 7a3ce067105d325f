using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Bank;

/// <summary>
/// Tells a class's calendar what its slots have sold, so that tickets are cut from the target less reservations (SPEC.md §8): every ten seconds all slots within
/// the horizon are asked, one after another. It is not waited for: a slot may have to ask its class. What was promised before a slot sold stands.
/// Used in the class grain's turns only.
/// </summary>
internal sealed partial class TicketSlots(ClassId @class, IGrainFactory grains, ILogger logger)
{
    private const long EveryMicros = 10_000_000;

    private Task _round = Task.CompletedTask;
    private long _notBefore = long.MinValue;

    /// <summary>Begins a round if one is due.</summary>
    public void Look(ClassPolicy policy, ClassTickets tickets, in Reading now)
    {
        if (policy.Market.SellablePermille == 0 || policy.Deferral.HorizonMs == 0 || !_round.IsCompleted || now.Micros < _notBefore) return;
        _notBefore = now.Micros + EveryMicros;
        _round = Ask(policy.Market, tickets, now.Now, now.Now.PlusMs(policy.Deferral.HorizonMs));
    }

    [SuppressMessage("Design", "CA1031", Justification = "A slot that cannot be asked is asked in the next round.")]
    private async Task Ask(MarketPolicy market, ClassTickets tickets, Instant from, Instant until)
    {
        try
        {
            for (long slot = market.SlotAt(from); market.StartOf(slot) < until; slot++)
            {
                Instant starts = market.StartOf(slot);
                SlotState? state = await grains.GetGrain<ISlotGrain>(new SlotId(@class, starts.UnixMs).ToString()).GetState();
                long first = Integers.FloorDiv(starts.UnixMs, 1000), after = Integers.FloorDiv(market.StartOf(slot + 1).UnixMs + 999, 1000);
                await tickets.Reserve(first, after, state?.SoldUnitsPerSecond ?? 0);
            }
        }
        catch (Exception failure)
        {
            LogNotAsked(failure, @class);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Slots of class {Class} could not be asked for what they have sold; they are asked again.")]
    private partial void LogNotAsked(Exception failure, ClassId @class);
}
