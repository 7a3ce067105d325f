using System.Globalization;
using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>Room in one second to come that belongs to one member (SPEC.md §8).</summary>
/// <param name="Number">1 for the class's first ticket, one more with each.</param>
/// <param name="Member">Whose it is.</param>
/// <param name="Key">The key of the request that was deferred.</param>
/// <param name="Units">Its units, above 0.</param>
/// <param name="Second">Its second, counted from the Unix epoch.</param>
/// <param name="WaitMs">The lane's longest wait when it was issued: so long before and after its second it is good too.</param>
/// <param name="UsedBy">The key that redeemed it; empty while it is open.</param>
public sealed record Ticket(long Number, string Member, string Key, long Units, long Second, int WaitMs, string UsedBy = "")
{
    /// <summary>What the member names it by: <c>second-number</c>.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Second}-{Number}");

    public bool IsOpen => UsedBy.Length == 0;

    /// <summary>The start of its second.</summary>
    public Instant Start => Instant.FromUnixMs(Second * 1000);

    /// <summary>The first instant at which it can be redeemed.</summary>
    public Instant Opens => Start.PlusMs(-WaitMs);

    /// <summary>The first instant at which it is late.</summary>
    public Instant Closes => Start.PlusMs(1000L + WaitMs);

    /// <summary>Reads <see cref="Text"/>; other spellings of the same numbers are none.</summary>
    public static bool TryRead(string text, out long second, out long number)
    {
        number = 0;
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        return long.TryParse(dash < 0 ? "" : text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out second)
            && long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && text == string.Create(CultureInfo.InvariantCulture, $"{second}-{number}");
    }
}
