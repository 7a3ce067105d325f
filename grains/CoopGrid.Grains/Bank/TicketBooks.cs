using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Bank;

/// <summary>Under which names the calendars of tickets are stored.</summary>
public static class TicketBooks
{
    /// <summary>The kind of a calendar's book.</summary>
    public const string Kind = "tickets";

    /// <summary>A class's calendar.</summary>
    public static BookId Of(ClassId @class) => new(@class.Coop, Kind, @class.Class);
}
