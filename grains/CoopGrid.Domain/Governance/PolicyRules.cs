using System.Collections.Immutable;
using CoopGrid.Model;
using NodaTime;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// What makes a class policy valid. The other rules assume it, and an invalid policy never comes into force: it is checked when a
/// charter is read and when a change is proposed. Single fields are held to <see cref="PolicyLimits"/>; fields that depend on each
/// other are compared once each is sound. All errors are found at once.
/// </summary>
public static class PolicyRules
{
    /// <summary>Every error of the policy; none if it is valid.</summary>
    /// <param name="policy">Any value.</param>
    /// <param name="timeZone">The co-op's IANA time zone; an unknown one is an error of the field <c>timeZone</c>.</param>
    public static IReadOnlyList<PolicyError> Check(ClassPolicy policy, string timeZone)
    {
        ErrorList errors = new();
        DateTimeZone? zone = CharterReader.FindZone(timeZone, errors);
        Check(policy, zone, errors);
        return errors.Errors;
    }

    /// <summary>What is allowed and yet worth knowing before members vote on it.</summary>
    /// <param name="policy">A valid policy.</param>
    public static IReadOnlyList<PolicyError> Warnings(ClassPolicy policy)
    {
        ErrorList warnings = new();
        WarnOfSplitting(policy, warnings);
        for (int i = 0; i < policy.Price.TimeOfUse.Length; i++)
        {
            int permille = policy.Price.TimeOfUse[i].Permille;
            warnings.Judge(
                permille <= policy.Price.CapPermille,
                $"price.timeOfUse[{i}].permille",
                $"is {permille}, but no multiplier exceeds price.capPermille, which is {policy.Price.CapPermille}");
        }

        return warnings.Errors;
    }

    internal static void Check(ClassPolicy policy, DateTimeZone? zone, ErrorList errors)
    {
        errors.Judge(policy.Version >= 1, "version", $"must be at least 1; was {policy.Version}");
        errors.Judge(Enum.IsDefined(policy.Entry), "entry", "must be admitted or metered");
        errors.Judge(policy.DedupeWindowMs, PolicyLimits.DedupeWindowMs, "dedupeWindowMs");
        WindowRules.Check(policy, zone, errors);
        CheckTariff(policy.Tariff, errors);
        CapacityRules.Check(policy, errors);
        PriceRules.Check(policy, errors);
        MarketRules.Check(policy, errors);
        TimeShiftRules.Check(policy, errors);
        CheckWeights(policy.Weights, errors);
        CheckBillFits(policy, errors);
    }

    private static void CheckTariff(TariffPolicy tariff, ErrorList errors)
    {
        errors.Judge(tariff.FixedFee, PolicyLimits.FixedFee, "tariff.fixedFee");
        errors.Judge(tariff.Rate, PolicyLimits.Rate, "tariff.rate");
        errors.Judge(tariff.ComfortPermille, PolicyLimits.ComfortPermille, "tariff.comfortPermille");
        errors.Judge(tariff.BaselineUnits, PolicyLimits.BaselineUnits, "tariff.baselineUnits");
        errors.Judge(tariff.CommonsPermille, PolicyLimits.CommonsPermille, "tariff.commonsPermille");
        errors.Judge(Enum.IsDefined(tariff.MeanBasis), "tariff.meanBasis", "must be sameEpoch or previousEpoch");
    }

    private static void CheckWeights(ImmutableArray<CostWeight> weights, ErrorList errors)
    {
        if (weights.IsDefaultOrEmpty) return;
        HashSet<string> names = [];
        for (int i = 0; i < weights.Length; i++)
        {
            string path = $"weights[{i}]";
            errors.Judge(Ids.IsWord(weights[i].Dimension), $"{path}.dimension", JsonFields.WordRule);
            errors.Judge(names.Add(weights[i].Dimension), $"{path}.dimension", $"is there twice: {weights[i].Dimension}");
            errors.Judge(weights[i].Units, PolicyLimits.WeightUnits, $"{path}.units");
            errors.Judge(weights[i].Per, PolicyLimits.WeightPer, $"{path}.per");
        }

        errors.Judge(weights.Length <= PolicyLimits.MaxWeights, "weights", $"must be at most {PolicyLimits.MaxWeights}; there are {weights.Length}");
    }

    // Nobody can use more than the whole class carries in an epoch, nor pay more for it than the highest multiplier; a meter's
    // slices are each bounded by the largest request instead.
    private static void CheckBillFits(ClassPolicy policy, ErrorList errors)
    {
        if (!errors.AreClean("tariff.rate", "price.capPermille", "capacity.unitsPerSecond", "capacity.burstUnits", "capacity.maxRequestUnits",
            "window.sliceMs", "window.epoch.kind", "window.epoch.fixedMs")) return;
        Int128 perRate = MostUnitsPerEpoch(policy) * policy.Price.CapPermille / 1000;
        Int128 most = (PolicyLimits.MaxBill - PolicyLimits.FixedFee.Max) / Int128.Max(1, perRate);
        errors.Judge(
            policy.Tariff.Rate <= most,
            "tariff.rate",
            $"must be at most {most:N0} with this capacity, epoch and cap, so that no bill can overflow; was {policy.Tariff.Rate:N0}");
    }

    private static Int128 MostUnitsPerEpoch(ClassPolicy policy)
    {
        long epochMs = WindowRules.LongestEpochMs(policy.Window.Epoch);
        Int128 carried = ((Int128)policy.Capacity.UnitsPerSecond * epochMs / 1000) + policy.Capacity.BurstUnits;
        Int128 metered = (Int128)policy.Capacity.MaxRequestUnits * (epochMs / policy.Window.SliceMs);
        return policy.Entry == UsageEntry.Metered ? Int128.Max(carried, metered) : carried;
    }

    // A household that splits in two pays a second fixed fee and gains a second mean's worth of units without overage.
    private static void WarnOfSplitting(ClassPolicy policy, ErrorList warnings)
    {
        TariffPolicy tariff = policy.Tariff;
        Int128 most = MostUnitsPerEpoch(policy);
        if (tariff.Rate == 0 || tariff.Rate * most <= tariff.FixedFee) return;
        long mean = tariff.FixedFee / tariff.Rate;
        warnings.Add(
            "tariff.fixedFee",
            $"one household could gain by enrolling as several members once the mean exceeds {mean:N0} units an epoch (fixedFee / rate); "
            + $"the class can carry {most:N0}. Enrol one member per household, or raise the fixed fee.");
    }
}
