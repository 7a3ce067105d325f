using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// Redeeming and cancelling a ticket (SPEC.md §8). Decides only; the calendar changes when the entry is applied.
/// <list type="number">
/// <item>A ticket is good from the lane's wait before its second to the lane's wait after it, once. Whoever holds it and comes then with no more
/// units than it has is never refused, whatever the class's load, price or policy is by then.</item>
/// <item>The key that redeemed it is told so again while the ticket is good: whoever asked may not have heard.</item>
/// <item>A ticket that is not redeemed counts as used: its second has passed and nothing comes back. One that is cancelled before it opens returns its
/// units to its second, for others; from then on leases count with it, so it is too late.</item>
/// </list>
/// </summary>
public static class TicketRule
{
    public static TicketDecision Redeem(DeferralCalendar calendar, TicketUse use, Instant now)
    {
        if (Find(calendar, use.Member, use.Ticket, out Ticket? ticket) is { } refusal) return refusal;
        if (!ticket!.IsOpen && ticket.UsedBy != use.Key)
            return new(TicketOutcome.Used, ticket, null, $"The ticket was used by the key '{ticket.UsedBy}'.");
        if (now >= ticket.Closes)
            return new(TicketOutcome.Late, ticket, null, $"The ticket was good until {ticket.Closes}; send without it.");
        if (use.Units > ticket.Units)
            return new(TicketOutcome.TooLarge, ticket, null, $"The ticket is for {ticket.Units} units; send the rest without it.");
        if (now < ticket.Opens)
            return new(TicketOutcome.TooEarly, ticket, null, $"The ticket is good from {ticket.Opens} on.");
        return new(TicketOutcome.Redeemed, ticket, ticket.IsOpen ? new TicketRedeemed(calendar.Sequence + 1, ticket.Number, use.Key) : null, "");
    }

    public static TicketDecision Cancel(DeferralCalendar calendar, string member, string text, Instant now)
    {
        if (Find(calendar, member, text, out Ticket? ticket) is { } refusal) return refusal;
        if (!ticket!.IsOpen) return new(TicketOutcome.Used, ticket, null, $"The ticket was used by the key '{ticket.UsedBy}'.");
        return now >= ticket.Opens
            ? new(TicketOutcome.Late, ticket, null, $"The ticket is good since {ticket.Opens}: its room cannot be given to others any more.")
            : new(TicketOutcome.Cancelled, ticket, new TicketCancelled(calendar.Sequence + 1, ticket.Number), "");
    }

    private static TicketDecision? Find(DeferralCalendar calendar, string member, string text, out Ticket? ticket)
    {
        bool read = Ticket.TryRead(text, out long second, out long number);
        ticket = read ? calendar.Find(number) : null;
        if (ticket is not null && ticket.Second != second) ticket = null;
        if (ticket is null)
        {
            return read && number >= 1 && number <= calendar.LastNumber && second <= calendar.PassedThrough
                ? new(TicketOutcome.Late, null, null, "The ticket's second has passed; send without it.")
                : new(TicketOutcome.Unknown, null, null, "No such ticket, or it was cancelled.");
        }

        return ticket.Member == member ? null : new(TicketOutcome.AnotherMembers, null, null, "The ticket is not this member's.");
    }
}
