using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// Redeeming a ticket (SPEC.md §8): its member's account decides alone, without a call, because it is the only place where a ticket can be used up.
/// <list type="number">
/// <item>A ticket is good from the lane's wait before its second to the lane's wait after it, once. Whoever holds it and comes then with no more
/// units than it has is never refused, whatever the class's load, price or policy is by then.</item>
/// <item>The key that redeemed it is remembered like any admission's: a retry never comes here.</item>
/// <item>A ticket that is not redeemed counts as used: its second has passed and nothing comes back. One that is cancelled before it opens is gone, and
/// everything comes back; from then on it is too late.</item>
/// </list>
/// </summary>
public static class TicketRule
{
    /// <param name="held">The member's tickets.</param>
    /// <param name="text">What the request names.</param>
    /// <param name="units">Above 0; what is less than the ticket's units is wasted.</param>
    public static TicketDecision Redeem(HeldTickets held, string text, long units, Instant now)
    {
        bool read = Ticket.TryRead(text, out long second, out long number);
        if (!read || held.Find(number) is not { } ticket || ticket.Second != second)
        {
            return read && (second + 1) * 1000 <= now.UnixMs
                ? new(TicketOutcome.Late, null, "The ticket's second has passed; send without it.")
                : new(TicketOutcome.Unknown, null, "No such ticket of this member, or it was cancelled.");
        }

        if (!ticket.IsOpen) return new(TicketOutcome.Used, ticket, $"The ticket was used by the key '{ticket.UsedBy}'.");
        if (now >= ticket.Closes) return new(TicketOutcome.Late, ticket, $"The ticket was good until {ticket.Closes}; send without it.");
        if (units > ticket.Units) return new(TicketOutcome.TooLarge, ticket, $"The ticket is for {ticket.Units} units; send the rest without it.");
        return now < ticket.Opens
            ? new(TicketOutcome.TooEarly, ticket, $"The ticket is good from {ticket.Opens} on.")
            : new(TicketOutcome.Good, ticket, "");
    }
}
