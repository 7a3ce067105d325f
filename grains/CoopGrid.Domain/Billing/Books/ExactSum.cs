using System.Collections.Immutable;
using System.Numerics;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Books;

/// <summary>
/// A sum of exact amounts that is kept while members are billed one after another: a value, so that a closing can stop and go on.
/// <list type="number">
/// <item>The parts ascend by denominator, none twice. An epoch has few: n, 1000·M, 1000, 1, and 1000·M of each epoch that adjustments cite.</item>
/// <item>It is the exact sum: the order of adding does not matter.</item>
/// </list>
/// </summary>
public sealed record ExactSum
{
    public static ExactSum Zero { get; } = new();

    /// <summary>As in invariant 1; for a checkpoint.</summary>
    public ImmutableArray<ExactAmount> Parts { get; init; } = [];

    public ExactSum Plus(ExactAmount amount)
    {
        int place = 0;
        while (place < Parts.Length && Parts[place].Denominator < amount.Denominator) place++;
        if (place == Parts.Length || Parts[place].Denominator != amount.Denominator) return new() { Parts = Parts.Insert(place, amount) };
        return new() { Parts = Parts.SetItem(place, amount with { Numerator = Parts[place].Numerator + amount.Numerator }) };
    }

    /// <summary>Micro-credits, half to even. 128 bits hold the bills of a class, as 10⁸ members' bills are 27 bits more than one's.</summary>
    /// <exception cref="OverflowException">The sum does not fit 128 bits.</exception>
    public Int128 Rounded()
    {
        BigInteger denominator = 1;
        foreach (ExactAmount part in Parts) denominator *= part.Denominator / BigInteger.GreatestCommonDivisor(denominator, part.Denominator);
        BigInteger numerator = 0;
        foreach (ExactAmount part in Parts) numerator += part.Numerator * (denominator / part.Denominator);
        return Int128.CreateChecked(Integers.DivideHalfEven(numerator, denominator));
    }

    public bool Equals(ExactSum? other) => other is not null && Parts.SequenceEqual(other.Parts);

    public override int GetHashCode() => Parts.Aggregate(0, HashCode.Combine);
}
