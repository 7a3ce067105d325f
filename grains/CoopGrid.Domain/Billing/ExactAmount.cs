using System.Globalization;
using System.Numerics;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// Micro-credits before rounding, as an exact fraction. In big integers, since 128 bits do not hold an overage:
/// <c>rate · 1000 · M · u</c> needs 168 bits where the rate is at most 10¹², u below 2⁶³, and M at most 3.2·10¹⁶ (10⁸ members in a year
/// of slices of 100 ms).
/// </summary>
/// <param name="Numerator">Any sign.</param>
/// <param name="Denominator">Above 0; so <c>default</c> is not an amount.</param>
public readonly record struct ExactAmount(BigInteger Numerator, BigInteger Denominator)
{
    /// <summary>An amount that is whole already.</summary>
    public static ExactAmount Of(long microCredits) => new(microCredits, 1);

    /// <summary>The line's amount: half to even.</summary>
    /// <exception cref="OverflowException">It does not fit 64 bits.</exception>
    public long Rounded => Integers.RoundHalfEven(Numerator, Denominator);

    /// <summary>Reads what <see cref="ToString"/> writes: a closing that stops keeps its exact Σ as text.</summary>
    /// <exception cref="FormatException">Not a fraction with a denominator above 0.</exception>
    public static ExactAmount Parse(string text)
    {
        string[] parts = text.Split('/');
        if (parts.Length != 2) throw new FormatException($"'{text}' is no fraction.");
        BigInteger denominator = BigInteger.Parse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture);
        if (denominator.IsZero) throw new FormatException($"'{text}' has no denominator.");
        return new(BigInteger.Parse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), denominator);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Numerator}/{Denominator}");

    public ExactAmount Negated => new(-Numerator, Denominator);

    /// <summary>The difference of two amounts; over the same denominator if they have the same.</summary>
    public ExactAmount Minus(ExactAmount other) => Denominator == other.Denominator
        ? new(Numerator - other.Numerator, Denominator)
        : new((Numerator * other.Denominator) - (other.Numerator * Denominator), Denominator * other.Denominator);
}
