using System.Globalization;

namespace CoopGrid.Domain.Billing.Exports;

/// <summary>Money as text in whole credits: exact, always with six decimals, never through floating point.</summary>
public static class MicroCredits
{
    private const long PerCredit = 1_000_000;

    /// <summary><c>−1500000</c> is <c>-1.500000</c>.</summary>
    public static string Text(long microCredits)
    {
        // In 128 bits, as the smallest amount has no opposite in 64.
        Int128 size = Int128.Abs(microCredits);
        string sign = microCredits < 0 ? "-" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{size / PerCredit}.{size % PerCredit:D6}");
    }
}
