using CoopGrid.Domain.Governance;
using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// A class's tickets and reservations by second (SPEC.md §8): the fold of its entries. <see cref="Apply"/> is the only way to change it, for a decision
/// just made and for a replay alike, so a snapshot and the entries after it give the same calendar.
/// <list type="number">
/// <item>What tickets take from a second is the units of all that were issued for it and not cancelled. Whether one was redeemed the calendar does not
/// know: that is in its member's account (<see cref="HeldTickets"/>), and a ticket that is not redeemed counts as used.</item>
/// <item><c>issued = to come + cancelled + passed</c>, in units, exactly.</item>
/// <item>A second's tickets are kept until <see cref="LongestWaitMs"/> after it, so none is forgotten while it is good.</item>
/// <item>Memory: the tickets of at most one horizon, hence at most T · horizon units of them.</item>
/// </list>
/// Not thread-safe: its holder has one writer at a time.
/// </summary>
public sealed class DeferralCalendar
{
    /// <summary>The longest wait that a policy may give a lane, in ms.</summary>
    public static readonly int LongestWaitMs = (int)PolicyLimits.LongestWaitMs.Max;

    private readonly Dictionary<long, Ticket> _tickets = [];
    private readonly SortedDictionary<long, HashSet<long>> _bySecond = [];
    private readonly Dictionary<string, MemberTickets> _byMember = [];

    /// <summary>Number of the last entry; 0 before the first.</summary>
    public long Sequence { get; private set; }

    /// <summary>Number of the last ticket; 0 before the first.</summary>
    public long LastNumber { get; private set; }

    /// <summary>The last second whose tickets are gone.</summary>
    public long PassedThrough { get; private set; } = long.MinValue;

    /// <summary>Where the units of all tickets are.</summary>
    public TicketTotals Totals { get; private set; }

    /// <summary>What is given away in each second.</summary>
    public SecondLoads Loads { get; } = new();

    /// <summary>A ticket whose second is not gone, or null.</summary>
    public Ticket? Find(long number) => _tickets.GetValueOrDefault(number);

    /// <summary>The ticket that a deferred request got, or null.</summary>
    public Ticket? HeldBy(string member, string key) =>
        _byMember.TryGetValue(member, out MemberTickets? tickets) && tickets.ByKey.TryGetValue(key, out long number) ? _tickets[number] : null;

    /// <summary>Units of a member's tickets, until their seconds are gone.</summary>
    public long UnitsOf(string member) => _byMember.TryGetValue(member, out MemberTickets? tickets) ? tickets.Units : 0;

    /// <summary>The entry by which a member's ticket is cancelled, or null if there is none. The member has decided, and redeems it no more.</summary>
    public TicketCancelled? Cancel(string member, long number) =>
        Find(number) is { } ticket && ticket.Member == member ? new(Sequence + 1, number) : null;

    /// <summary>The entry by which seconds pass whose tickets are all late by now; null if there are none. Wanted every second or so: until then their units
    /// count against their members' caps.</summary>
    public TicketsExpired? Expire(Instant now)
    {
        long through = Integers.FloorDiv(now.UnixMs - LongestWaitMs, 1000) - 1;
        return _bySecond.Count > 0 && _bySecond.Keys.First() <= through ? new(Sequence + 1, through) : null;
    }

    /// <summary>The entry that sets what is reserved in each second from <paramref name="from"/> on and before <paramref name="until"/>.</summary>
    public SecondsReserved Reserve(long from, long until, long unitsPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(until, from);
        ArgumentOutOfRangeException.ThrowIfNegative(unitsPerSecond);
        return new(Sequence + 1, from, until, unitsPerSecond);
    }

    /// <summary>Adds the next entry.</summary>
    /// <exception cref="InvalidOperationException">The entry's sequence is not the next one.</exception>
    public void Apply(TicketEntry entry)
    {
        if (entry.Sequence != Sequence + 1)
            throw new InvalidOperationException($"Entry {entry.Sequence} does not follow {Sequence}: the calendar's log has a gap.");

        switch (entry)
        {
            case TicketIssued issued:
                Hold(issued.Ticket);
                LastNumber = issued.Ticket.Number;
                Totals = Totals with { Issued = Totals.Issued + issued.Ticket.Units };
                break;
            case TicketCancelled cancelled:
                Return(_tickets[cancelled.Number]);
                break;
            case TicketsExpired expired:
                Pass(expired.ThroughSecond);
                break;
            case SecondsReserved reserved:
                Loads.SetReserved(Math.Max(reserved.From, PassedThrough + 1), reserved.Until, reserved.UnitsPerSecond);
                break;
            default:
                throw new InvalidOperationException($"Unknown entry {entry.GetType().Name}.");
        }

        Sequence = entry.Sequence;
    }

    /// <summary>The calendar as it was checkpointed.</summary>
    public static DeferralCalendar Restore(CalendarSnapshot snapshot)
    {
        var calendar = new DeferralCalendar
        {
            Sequence = snapshot.Sequence,
            LastNumber = snapshot.LastNumber,
            PassedThrough = snapshot.PassedThrough,
            Totals = snapshot.Totals,
        };
        foreach (Ticket ticket in snapshot.Tickets) calendar.Hold(ticket);
        foreach (ReservedSpan span in snapshot.Reserved) calendar.Loads.SetReserved(span.From, span.Until, span.UnitsPerSecond);
        return calendar;
    }

    public CalendarSnapshot Snapshot() => new(
        Sequence, LastNumber, PassedThrough, Totals, [.. _tickets.Values.OrderBy(ticket => ticket.Number)], [.. Loads.ReservedFrom(PassedThrough + 1)]);

    private void Hold(Ticket ticket)
    {
        _tickets.Add(ticket.Number, ticket);
        Loads.AddTicket(ticket.Second, ticket.Units);
        if (!_bySecond.TryGetValue(ticket.Second, out HashSet<long>? numbers)) _bySecond.Add(ticket.Second, numbers = []);
        numbers.Add(ticket.Number);
        if (!_byMember.TryGetValue(ticket.Member, out MemberTickets? tickets)) _byMember.Add(ticket.Member, tickets = new());
        tickets.ByKey.Add(ticket.Key, ticket.Number);
        tickets.Units += ticket.Units;
    }

    private void Return(Ticket ticket)
    {
        Loads.AddTicket(ticket.Second, -ticket.Units);
        _bySecond[ticket.Second].Remove(ticket.Number);
        Forget(ticket);
        Totals = Totals with { Cancelled = Totals.Cancelled + ticket.Units };
    }

    private void Forget(Ticket ticket)
    {
        _tickets.Remove(ticket.Number);
        MemberTickets tickets = _byMember[ticket.Member];
        tickets.ByKey.Remove(ticket.Key);
        tickets.Units -= ticket.Units;
        if (tickets.ByKey.Count == 0) _byMember.Remove(ticket.Member);
    }

    private void Pass(long through)
    {
        foreach (long second in _bySecond.Keys.TakeWhile(second => second <= through).ToList())
        {
            foreach (long number in _bySecond[second])
            {
                Ticket ticket = _tickets[number];
                Forget(ticket);
                Totals = Totals with { Passed = Totals.Passed + ticket.Units };
            }

            _bySecond.Remove(second);
        }

        PassedThrough = through;
        Loads.DropBefore(through + 1);
    }

    private sealed class MemberTickets
    {
        public long Units { get; set; }

        public Dictionary<string, long> ByKey { get; } = [];
    }
}
