using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>What a member has to cover a request with, at the moment of its decision.</summary>
/// <param name="Exempt">Whether the lane is surge-exempt.</param>
/// <param name="ReservedUnits">What is left of its reservation now, ≥ 0.</param>
/// <param name="BaselineUnits">What is left of its baseline, ≥ 0; 0 beyond a reservation whose slot runs (SPEC.md §7).</param>
/// <param name="HeldUnits">What its bank holds, ≥ 0; 0 beyond a reservation whose slot runs.</param>
/// <param name="MultiplierPermille">The price in force.</param>
public readonly record struct CoverSources(bool Exempt, long ReservedUnits, long BaselineUnits, long HeldUnits, int MultiplierPermille);

/// <summary>
/// What covers a request's units (SPEC.md §6), in this order: the surge-exempt lane, a reservation, what is left of the baseline, the bank
/// (only while the multiplier is above 1000); the rest is surged.
/// <list type="number">
/// <item>The parts are ≥ 0 and add up to the units; none is larger than its source.</item>
/// <item>A later source is used only once every earlier one is used up.</item>
/// </list>
/// <see cref="Covered.GiveBack"/> is the way back.
/// </summary>
public static class Covering
{
    /// <param name="units">≥ 0.</param>
    public static Covered Of(long units, in CoverSources sources)
    {
        if (sources.Exempt) return new(units, 0, 0, 0, 0);
        long reserved = Math.Min(units, sources.ReservedUnits);
        long baseline = Math.Min(units - reserved, sources.BaselineUnits);
        long uncovered = units - reserved - baseline;
        long banked = BankRule.Covers(sources.HeldUnits, uncovered, sources.MultiplierPermille);
        return new(0, reserved, baseline, banked, uncovered - banked);
    }
}
