using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>A request that found no room, or too high a price, and may be sent later.</summary>
/// <param name="Member">Who asks.</param>
/// <param name="Key">The request's key.</param>
/// <param name="Units">Above 0.</param>
/// <param name="WaitMs">The lane's longest wait, 0 to <see cref="DeferralCalendar.LongestWaitMs"/>.</param>
/// <param name="DeferUntilUnixMs">The deadline: the ticket's second ends by then.</param>
public sealed record DeferralRequest(string Member, string Key, long Units, int WaitMs, long DeferUntilUnixMs);

/// <summary>By what a class gives tickets.</summary>
/// <param name="TargetPerSecond">What tickets of one second are cut from, in units.</param>
/// <param name="Policy">How far ahead, and how much for a member.</param>
public sealed record DeferralTerms(long TargetPerSecond, DeferralPolicy Policy)
{
    /// <summary>
    /// The terms of a class's policy: <c>T = C · target‰ / 1000</c>, floored, or what half of the burst can back if that is less; and no sooner than room can be
    /// set aside (<see cref="TicketReserve"/>).
    /// </summary>
    public static DeferralTerms Of(ClassPolicy policy) => new(
        Math.Min(
            Integers.MulDivFloor(policy.Capacity.UnitsPerSecond, policy.Price.TargetPermille, 1000),
            TicketReserve.BackedBy(policy.Capacity.BurstUnits / 2, LongestWaitMs(policy))),
        policy.Deferral with { DeferMinMs = Math.Max(policy.Deferral.DeferMinMs, TicketReserve.AheadMs(LongestWaitMs(policy))) });

    /// <summary>The longest wait of any lane of a policy, in ms.</summary>
    public static int LongestWaitMs(ClassPolicy policy) => policy.Lanes.Max(lane => lane.LongestWaitMs);
}

/// <summary>What a request for a ticket comes to.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Ticket">The ticket, if there is one.</param>
/// <param name="Entry">What records it; null for refusals and for a ticket that the key holds already.</param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
public sealed record DeferralDecision(DeferralOutcome Outcome, Ticket? Ticket, TicketIssued? Entry, string Reason);

/// <summary>What redeeming or cancelling a ticket comes to.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Ticket">The ticket, unless it is not held.</param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
public sealed record TicketDecision(TicketOutcome Outcome, Ticket? Ticket, string Reason);
