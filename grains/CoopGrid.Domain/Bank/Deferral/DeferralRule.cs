using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// Who gets a ticket, and for which second (SPEC.md §8). Decides only; the calendar changes when the entry is applied.
/// <list type="number">
/// <item>The ticket's second is the earliest that starts at least defer_min ahead, ends by the deadline and within the horizon, and has room.</item>
/// <item>Room = T per second less what is reserved and less tickets: all of them in one second never exceed T, as it was when the last was issued. Where
/// T fell or reservations grew afterwards, what was promised stands and there is no room for more.</item>
/// <item>What a member's tickets to come hold, this one included, is at most its cap.</item>
/// <item>The same key asked again with the same units gets the ticket that it holds, and nothing is taken.</item>
/// </list>
/// </summary>
public static class DeferralRule
{
    /// <param name="now">The clock. One that went back does not open seconds again that have passed.</param>
    public static DeferralDecision Decide(DeferralCalendar calendar, DeferralRequest request, Instant now, DeferralTerms terms)
    {
        if (calendar.HeldBy(request.Member, request.Key) is { } known)
        {
            return known.Units == request.Units
                ? new(DeferralOutcome.Issued, known, null, "")
                : Refuse(DeferralOutcome.KeyConflict, $"The key holds a ticket for {known.Units} units. Use a new key for a new send.");
        }

        DeferralPolicy policy = terms.Policy;
        if (policy.HorizonMs == 0) return Refuse(DeferralOutcome.NoTickets, "This class gives no tickets for later.");
        if (request.Units > terms.TargetPerSecond)
            return Refuse(DeferralOutcome.TooLarge, $"A ticket has at most {terms.TargetPerSecond} units, one second's target: split the send.");

        long from = Math.Max(Integers.FloorDiv(now.UnixMicroseconds + (policy.DeferMinMs * 1000) + 999_999, 1_000_000), calendar.PassedThrough + 1);
        long horizon = now.UnixMs + policy.HorizonMs;
        long until = Integers.FloorDiv(Math.Min(request.DeferUntilUnixMs, horizon), 1000);
        if (from >= until)
        {
            return Refuse(
                DeferralOutcome.DeadlineTooSoon,
                $"A ticket's second starts {policy.DeferMinMs} to {policy.HorizonMs} ms ahead and ends by the deadline: give more time.");
        }

        long held = calendar.UnitsOf(request.Member);
        if (request.Units > policy.MemberCapUnits - held)
        {
            return Refuse(
                DeferralOutcome.MemberCapReached,
                $"The member's tickets may hold {policy.MemberCapUnits} units and hold {held}: redeem or cancel one first, or send less.");
        }

        if (calendar.Loads.Earliest(from, until, terms.TargetPerSecond - request.Units) is not { } second)
            return Refuse(DeferralOutcome.Full, $"No second up to {Instant.FromUnixMs(until * 1000)} has room for {request.Units} units: send less, or allow more time.");

        var ticket = new Ticket(calendar.LastNumber + 1, request.Member, request.Key, request.Units, second, request.WaitMs);
        return new(DeferralOutcome.Issued, ticket, new(calendar.Sequence + 1, ticket), "");
    }

    private static DeferralDecision Refuse(DeferralOutcome outcome, string reason) => new(outcome, null, null, reason);
}
