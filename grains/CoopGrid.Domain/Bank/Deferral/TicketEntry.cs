namespace CoopGrid.Domain.Bank;

/// <summary>
/// One fact of a class's deferral calendar, which is the fold of its entries: a decision makes an entry, the store keeps it, and replaying
/// them gives the calendar again.
/// </summary>
/// <param name="Sequence">1 for the calendar's first entry, one more with each.</param>
public abstract record TicketEntry(long Sequence);

/// <summary>A ticket was issued: its units are taken from its second.</summary>
public sealed record TicketIssued(long Sequence, Ticket Ticket) : TicketEntry(Sequence);

/// <summary>A ticket was cancelled by its member: its units return to its second.</summary>
/// <param name="Number">The ticket.</param>
public sealed record TicketCancelled(long Sequence, long Number) : TicketEntry(Sequence);

/// <summary>Seconds have passed: their tickets are gone.</summary>
/// <param name="ThroughSecond">The last of them.</param>
public sealed record TicketsExpired(long Sequence, long ThroughSecond) : TicketEntry(Sequence);

/// <summary>What is reserved in each second of a span, instead of what was reserved there before.</summary>
/// <param name="From">The first second, counted from the Unix epoch.</param>
/// <param name="Until">The second after the last.</param>
/// <param name="UnitsPerSecond">0 or above.</param>
public sealed record SecondsReserved(long Sequence, long From, long Until, long UnitsPerSecond) : TicketEntry(Sequence);
