using System.Globalization;

namespace CoopGrid.Model;

/// <summary>One slot of a class's market; its text is <c>coop/class/start</c>, the start in ms since the Unix epoch.</summary>
/// <param name="Class">The class that sells.</param>
/// <param name="StartsUnixMs">When the slot begins.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.SlotId")]
public readonly record struct SlotId([property: Id(0)] ClassId Class, [property: Id(1)] long StartsUnixMs)
{
    public Instant Starts => Instant.FromUnixMs(StartsUnixMs);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}/{StartsUnixMs}");

    /// <summary>Reads <c>coop/class/start</c>.</summary>
    /// <exception cref="FormatException">The text is not of this form.</exception>
    public static SlotId Parse(string text)
    {
        int slash = text.LastIndexOf('/');
        if (slash < 0) throw new FormatException($"'{text}' is not of the form coop/class/start.");
        return new(ClassId.Parse(text[..slash]), long.Parse(text[(slash + 1)..], CultureInfo.InvariantCulture));
    }
}

/// <summary>Where a slot stands. Only forward. Numbers are stored and sent: never renumber.</summary>
public enum SlotPhase : byte
{
    /// <summary>Nothing is written yet.</summary>
    Unopened = 0,

    /// <summary>Bids are taken until the gate closes, and stand until they are cleared.</summary>
    Bidding = 1,

    /// <summary>Cleared: what is unsold can be bought until the slot starts.</summary>
    OnSale = 2,

    /// <summary>What is held is guaranteed.</summary>
    Running = 3,
    Ended = 4,
}
