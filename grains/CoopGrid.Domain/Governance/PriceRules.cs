using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>The price controller's numbers: T ≥ 1 and K within range, so that it moves and cannot overflow (SPEC.md §6).</summary>
internal static class PriceRules
{
    public static void Check(ClassPolicy policy, ErrorList errors)
    {
        PricePolicy price = policy.Price;
        errors.Judge(price.ControlPeriodMs, PolicyLimits.ControlPeriodMs, "price.controlPeriodMs");
        errors.Judge(price.TargetPermille, PolicyLimits.TargetPermille, "price.targetPermille");
        errors.Judge(price.DoublingPeriods, PolicyLimits.DoublingPeriods, "price.doublingPeriods");
        errors.Judge(price.CapPermille, PolicyLimits.CapPermille, "price.capPermille");
        if (policy.Entry == UsageEntry.Admitted && errors.AreClean("price.controlPeriodMs", "window.sliceMs"))
        {
            errors.Judge(
                policy.Window.SliceMs % price.ControlPeriodMs == 0,
                "price.controlPeriodMs",
                $"must divide window.sliceMs ({policy.Window.SliceMs:N0}), so that a slice is whole periods; was {price.ControlPeriodMs:N0}");
        }

        CheckTarget(policy, errors);
        CheckTimeOfUse(price.TimeOfUse, errors);
    }

    private static void CheckTarget(ClassPolicy policy, ErrorList errors)
    {
        if (!errors.AreClean("capacity.unitsPerSecond", "price.controlPeriodMs", "price.targetPermille", "window.sliceMs")) return;
        long periodMs = policy.Entry == UsageEntry.Metered ? policy.Window.SliceMs : policy.Price.ControlPeriodMs;
        Int128 perPermille = (Int128)policy.Capacity.UnitsPerSecond * periodMs;
        Int128 target = perPermille * policy.Price.TargetPermille / 1_000_000;
        if (target < 1)
        {
            errors.Judge(
                false,
                "price.targetPermille",
                $"leaves a target of less than one unit per control period of {periodMs:N0} ms: raise it, the capacity or the period; was {policy.Price.TargetPermille}");
            return;
        }

        if (!errors.AreClean("price.doublingPeriods")) return;
        Int128 most = PolicyLimits.MaxK * (Int128)10_000 / (target * 14_427);
        errors.Judge(
            policy.Price.DoublingPeriods <= most,
            "price.doublingPeriods",
            $"must be at most {most:N0} with a target of {target:N0} units per control period, so that the price cannot overflow; was {policy.Price.DoublingPeriods:N0}");
    }

    private static void CheckTimeOfUse(ImmutableArray<TouBand> bands, ErrorList errors)
    {
        if (bands.IsDefaultOrEmpty) return;
        for (int i = 0; i < bands.Length; i++)
        {
            string path = $"price.timeOfUse[{i}]";
            errors.Judge(bands[i].Days is > 0 and < 128, $"{path}.days", $"must name at least one day: {PolicyWords.DayNames}");
            errors.Judge(bands[i].FromMinute is >= 0 and < PolicyLimits.MinutesPerDay, $"{path}.from", PolicyWords.FromRule);
            errors.Judge(bands[i].ToMinute is > 0 and <= PolicyLimits.MinutesPerDay, $"{path}.to", PolicyWords.ToRule);
            if (errors.AreClean($"{path}.from", $"{path}.to"))
            {
                errors.Judge(
                    bands[i].FromMinute < bands[i].ToMinute,
                    $"{path}.to",
                    "must be later than from; a band over midnight is two bands, the first to \"24:00\"");
            }

            errors.Judge(bands[i].Permille, PolicyLimits.TouPermille, $"{path}.permille");
        }

        errors.Judge(bands.Length <= PolicyLimits.MaxTouBands, "price.timeOfUse", $"must be at most {PolicyLimits.MaxTouBands} bands; there are {bands.Length}");
    }
}
