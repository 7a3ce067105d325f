using CoopGrid.Model;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// The mean μ of a class as the exact fraction S/N (SPEC.md §3). <c>default</c> is a class without members, which nobody exceeds.
/// </summary>
/// <param name="Usage">S: units used in the window by all members, ≥ 0.</param>
/// <param name="Members">N: members enrolled, ≥ 0.</param>
public readonly record struct Mean(long Usage, long Members)
{
    /// <summary>μ in thousandths of a unit, rounded down; 0 without members.</summary>
    /// <exception cref="OverflowException">1000 · S / N does not fit 64 bits.</exception>
    public long Milliunits => Members == 0 ? 0 : Integers.MulDivFloor(1000, Usage, Members);

    /// <summary>Whether <paramref name="usage"/> is above the mean: <c>u · N &gt; S</c>, with the product held exactly.</summary>
    public bool IsExceededBy(long usage) => (Int128)usage * Members > Usage;
}
