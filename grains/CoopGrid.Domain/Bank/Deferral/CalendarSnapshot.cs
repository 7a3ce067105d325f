using System.Collections.Immutable;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// Where the units of all tickets ever issued are: <c>issued = to come + cancelled + passed</c>, exactly. 128 bits, as a class may issue
/// 10¹² units a second.
/// </summary>
/// <param name="Issued">All.</param>
/// <param name="Cancelled">Of tickets that were cancelled in time.</param>
/// <param name="Passed">Of tickets whose second has passed, redeemed or not.</param>
public readonly record struct TicketTotals(Int128 Issued, Int128 Cancelled, Int128 Passed)
{
    /// <summary>Units of tickets whose second has not passed.</summary>
    public Int128 ToCome => Issued - Cancelled - Passed;
}

/// <summary>A calendar's values at one sequence, as a checkpoint stores them.</summary>
/// <param name="Sequence">Number of the last entry.</param>
/// <param name="LastNumber">Number of the last ticket.</param>
/// <param name="PassedThrough">The last second whose tickets are gone.</param>
/// <param name="Totals">Where all units are.</param>
/// <param name="Tickets">Tickets of later seconds, by number.</param>
/// <param name="Reserved">What is reserved in later seconds, in their order.</param>
public sealed record CalendarSnapshot(
    long Sequence, long LastNumber, long PassedThrough, TicketTotals Totals, ImmutableArray<Ticket> Tickets, ImmutableArray<ReservedSpan> Reserved);
