using System.Collections.Immutable;
using CoopGrid.Domain.Bank;

namespace CoopGrid.Grains.Usage;

/// <summary>A ticket for later, as it is stored.</summary>
/// <param name="Member">Empty in the member's own account.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.state.ticket.1")]
public readonly record struct StoredTicket(
    [property: Id(0)] long Number,
    [property: Id(1)] string Member,
    [property: Id(2)] string Key,
    [property: Id(3)] long Units,
    [property: Id(4)] long Second,
    [property: Id(5)] int WaitMs,
    [property: Id(6)] string UsedBy)
{
    public static StoredTicket From(Ticket ticket) =>
        new(ticket.Number, ticket.Member, ticket.Key, ticket.Units, ticket.Second, ticket.WaitMs, ticket.UsedBy);

    public Ticket ToTicket() => new(Number, Member, Key, Units, Second, WaitMs, UsedBy);
}

/// <summary>
/// A class's calendar of tickets at one of its entries, so that an activation need not read its book from the beginning: it reads what comes after. Stored:
/// never change the meaning of a field, add new ones.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.tickets.1")]
public sealed record CalendarCheckpoint
{
    /// <summary>Number of the last entry; 0: nothing is stored.</summary>
    [Id(0)] public long Sequence { get; init; }

    [Id(1)] public long LastNumber { get; init; }

    [Id(2)] public long PassedThrough { get; init; } = long.MinValue;

    /// <summary>Units of all tickets, of those cancelled, and of those passed.</summary>
    [Id(3)] public ImmutableArray<Int128> Totals { get; init; } = [0, 0, 0];

    [Id(4)] public ImmutableArray<StoredTicket> Tickets { get; init; } = [];

    [Id(5)] public ImmutableArray<StoredSpan> Reserved { get; init; } = [];

    public static CalendarCheckpoint From(DeferralCalendar calendar)
    {
        CalendarSnapshot at = calendar.Snapshot();
        return new()
        {
            Sequence = at.Sequence,
            LastNumber = at.LastNumber,
            PassedThrough = at.PassedThrough,
            Totals = [at.Totals.Issued, at.Totals.Cancelled, at.Totals.Passed],
            Tickets = [.. at.Tickets.Select(StoredTicket.From)],
            Reserved = [.. at.Reserved.Select(span => new StoredSpan(span.From, span.Until, span.UnitsPerSecond))],
        };
    }

    public DeferralCalendar ToCalendar() => DeferralCalendar.Restore(new(
        Sequence,
        LastNumber,
        PassedThrough,
        new(Totals[0], Totals[1], Totals[2]),
        [.. Tickets.Select(ticket => ticket.ToTicket())],
        [.. Reserved.Select(span => new ReservedSpan(span.From, span.Until, span.UnitsPerSecond))]));
}

/// <summary>Seconds in which the same is reserved, as they are stored.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.reserved-span.1")]
public readonly record struct StoredSpan([property: Id(0)] long From, [property: Id(1)] long Until, [property: Id(2)] long UnitsPerSecond);
