using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>A request that found no room, or too high a price, and may be sent later.</summary>
/// <param name="Member">Who asks.</param>
/// <param name="Key">The request's key.</param>
/// <param name="Units">Above 0.</param>
/// <param name="WaitMs">The lane's longest wait, 0 to <see cref="DeferralCalendar.LongestWaitMs"/>.</param>
/// <param name="DeferUntilUnixMs">The deadline: the ticket's second ends by then.</param>
public sealed record DeferralRequest(string Member, string Key, long Units, int WaitMs, long DeferUntilUnixMs);

/// <summary>A request that names a ticket.</summary>
/// <param name="Member">Who asks.</param>
/// <param name="Key">The request's own key, not the one that was deferred.</param>
/// <param name="Ticket">The ticket's text.</param>
/// <param name="Units">Above 0; what is less than the ticket's units is wasted.</param>
public sealed record TicketUse(string Member, string Key, string Ticket, long Units);

/// <summary>By what a class gives tickets.</summary>
/// <param name="TargetPerSecond">T per second, from which tickets are cut, in units.</param>
/// <param name="Policy">How far ahead, and how much for a member.</param>
public sealed record DeferralTerms(long TargetPerSecond, DeferralPolicy Policy)
{
    /// <summary>The terms of a class's policy: <c>T = C · target‰ / 1000</c>, floored.</summary>
    public static DeferralTerms Of(ClassPolicy policy, DeferralPolicy deferral) =>
        new(Integers.MulDivFloor(policy.Capacity.UnitsPerSecond, policy.Price.TargetPermille, 1000), deferral);
}

/// <summary>What a request for a ticket comes to.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Ticket">The ticket, if there is one.</param>
/// <param name="Entry">What records it; null for refusals and for a ticket that the key holds already.</param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
public sealed record DeferralDecision(DeferralOutcome Outcome, Ticket? Ticket, TicketIssued? Entry, string Reason);

/// <summary>What redeeming or cancelling a ticket comes to.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Ticket">The ticket, unless it is unknown, another member's, or forgotten.</param>
/// <param name="Entry">What records it; null if nothing changes.</param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
public sealed record TicketDecision(TicketOutcome Outcome, Ticket? Ticket, TicketEntry? Entry, string Reason);
