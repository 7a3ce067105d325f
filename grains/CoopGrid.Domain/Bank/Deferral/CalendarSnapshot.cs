using System.Collections.Immutable;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// Where the units of all tickets ever issued are: <c>issued = open + redeemed + cancelled + expired</c>, exactly. 128 bits, as a class may issue
/// 10¹² units a second.
/// </summary>
/// <param name="Issued">All.</param>
/// <param name="Redeemed">Of tickets that were redeemed.</param>
/// <param name="Cancelled">Of tickets that were cancelled in time.</param>
/// <param name="Expired">Of tickets whose second passed unused.</param>
public readonly record struct TicketTotals(Int128 Issued, Int128 Redeemed, Int128 Cancelled, Int128 Expired)
{
    /// <summary>Units of open tickets.</summary>
    public Int128 Open => Issued - Redeemed - Cancelled - Expired;
}

/// <summary>A calendar's values at one sequence, as a checkpoint stores them.</summary>
/// <param name="Sequence">Number of the last entry.</param>
/// <param name="LastNumber">Number of the last ticket.</param>
/// <param name="PassedThrough">The last second whose tickets are gone.</param>
/// <param name="Totals">Where all units are.</param>
/// <param name="Tickets">Open and redeemed tickets of later seconds, by number.</param>
/// <param name="Reserved">What is reserved in later seconds, in their order.</param>
public sealed record CalendarSnapshot(
    long Sequence, long LastNumber, long PassedThrough, TicketTotals Totals, ImmutableArray<Ticket> Tickets, ImmutableArray<ReservedSpan> Reserved);
