using System.Globalization;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Market;

/// <summary>Under which names the books of slots are stored.</summary>
public static class SlotBooks
{
    /// <summary>The kind of a slot's book.</summary>
    public const string Kind = "slot";

    /// <summary>A slot's book.</summary>
    public static BookId Of(SlotId slot) => new(slot.Class.Coop, Kind, SubjectOf(slot));

    /// <summary>A class's slots in the order of their starts: <c>class/start</c>, the start in 15 digits of ms since the Unix epoch.</summary>
    public static string SubjectOf(SlotId slot) => string.Create(CultureInfo.InvariantCulture, $"{slot.Class.Class}/{slot.StartsUnixMs:D15}");

    /// <summary>The slot that a book of a co-op is about.</summary>
    public static SlotId SlotOf(string coop, string subject)
    {
        int slash = subject.LastIndexOf('/');
        return new(new(coop, subject[..slash]), long.Parse(subject.AsSpan(slash + 1), CultureInfo.InvariantCulture));
    }

    /// <summary>The start in a slot's subject, in ms since the Unix epoch.</summary>
    public static long StartOf(string subject) => long.Parse(subject.AsSpan(subject.LastIndexOf('/') + 1), CultureInfo.InvariantCulture);
}
