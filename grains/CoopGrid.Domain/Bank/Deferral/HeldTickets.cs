using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// A member's tickets, as part of its account: the fold of its entries. A ticket is used up here and nowhere else, so once, wherever the member is at home.
/// <list type="number">
/// <item>A ticket is held from the entry that issued it to the first one that comes after it closed, or to its cancel.</item>
/// <item>Memory: the tickets of one horizon, at most the policy's cap of units.</item>
/// </list>
/// </summary>
public sealed class HeldTickets
{
    private readonly SortedDictionary<long, Ticket> _tickets = [];

    /// <summary>All that are held, by number.</summary>
    public IReadOnlyCollection<Ticket> All => _tickets.Values;

    /// <summary>A ticket that is held, or null.</summary>
    public Ticket? Find(long number) => _tickets.GetValueOrDefault(number);

    /// <summary>The ticket that a deferred request got, or null.</summary>
    public Ticket? ByKey(string key) => _tickets.Values.FirstOrDefault(ticket => ticket.Key == key);

    /// <summary>Adds a ticket that was issued at a moment, and lets those go that had closed by then.</summary>
    public void Hold(Ticket ticket, Instant at)
    {
        foreach (long gone in _tickets.Values.Where(held => held.Closes <= at).Select(held => held.Number).ToList()) _tickets.Remove(gone);
        _tickets[ticket.Number] = ticket;
    }

    /// <summary>A ticket was redeemed.</summary>
    /// <param name="text">As <see cref="Ticket.Text"/>.</param>
    /// <param name="key">The key of the request that redeemed it.</param>
    public void Use(string text, string key)
    {
        if (Ticket.TryRead(text, out _, out long number) && Find(number) is { } ticket) _tickets[number] = ticket with { UsedBy = key };
    }

    /// <summary>A ticket was cancelled.</summary>
    public void Return(long number) => _tickets.Remove(number);
}
