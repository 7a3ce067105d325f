using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>What a class's members save by, from one slice on until the next terms.</summary>
/// <param name="FromSlice">The first slice that they hold for.</param>
/// <param name="StartsEpoch">Whether an epoch starts with that slice, so that what is held decays before it.</param>
/// <param name="BaselineUnits">Units per window that a member always gets without surge, ≥ 0.</param>
/// <param name="WindowSlices">n: slices per window, above 0.</param>
/// <param name="Bank">Share, cap and decay.</param>
public sealed record BankTerms(long FromSlice, bool StartsEpoch, long BaselineUnits, int WindowSlices, BankPolicy Bank)
{
    /// <summary>The terms of a policy.</summary>
    public static BankTerms Of(ClassPolicy policy, BankPolicy bank, long fromSlice, bool startsEpoch) =>
        new(fromSlice, startsEpoch, policy.Tariff.BaselineUnits, policy.Window.Slices, bank);

    /// <summary>What a unit is divided into, so that nothing is lost to integers: 1000 · n.</summary>
    public long PartsPerUnit => 1000L * WindowSlices;

    /// <summary>What an off-peak slice saves, in parts of a unit: <c>share · max(0, baseline − n · used)</c>.</summary>
    public Int128 PartsSaved(long usedUnits) => Bank.SharePermille * Int128.Max(0, BaselineUnits - ((Int128)WindowSlices * usedUnits));
}
