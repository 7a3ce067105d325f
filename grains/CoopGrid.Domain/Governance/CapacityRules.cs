using System.Collections.Immutable;
using CoopGrid.Domain.Capacity;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>Capacity, lanes and quota: every request that may be asked for must be admissible from a full bucket (SPEC.md §5).</summary>
internal static class CapacityRules
{
    public static void Check(ClassPolicy policy, ErrorList errors)
    {
        errors.Judge(policy.Capacity.UnitsPerSecond, PolicyLimits.UnitsPerSecond, "capacity.unitsPerSecond");
        errors.Judge(policy.Capacity.BurstUnits, PolicyLimits.BurstUnits, "capacity.burstUnits");
        errors.Judge(policy.Capacity.MaxRequestUnits, PolicyLimits.MaxRequestUnits, "capacity.maxRequestUnits");
        CheckLanes(policy.Lanes, errors);
        CheckLargestRequest(policy, errors);
        CheckQuota(policy, errors);
    }

    private static void CheckLanes(ImmutableArray<LanePolicy> lanes, ErrorList errors)
    {
        int count = lanes.IsDefault ? 0 : lanes.Length;
        HashSet<string> names = [];
        for (int i = 0; i < count; i++)
        {
            string path = $"lanes[{i}]";
            errors.Judge(Ids.IsWord(lanes[i].Name), $"{path}.name", $"{JsonFields.WordRule}; was \"{lanes[i].Name}\"");
            errors.Judge(names.Add(lanes[i].Name), $"{path}.name", $"is there twice: {lanes[i].Name}");
            errors.Judge(Enum.IsDefined(lanes[i].Priority), $"{path}.priority", "must be critical, standard or bulk");
            errors.Judge(
                i == 0 || lanes[i].Priority >= lanes[i - 1].Priority,
                $"{path}.priority",
                "must not be better than the lane before it: best priority first");
            errors.Judge(lanes[i].GuaranteedPermille, PolicyLimits.GuaranteedPermille, $"{path}.guaranteedPermille");
            errors.Judge(lanes[i].LongestWaitMs, PolicyLimits.LongestWaitMs, $"{path}.longestWaitMs");
        }

        errors.Judge(count is >= 1 and <= PolicyLimits.MaxLanes, "lanes", $"must be 1 to {PolicyLimits.MaxLanes} lanes; there are {count}");
        if (count == 0) return;
        errors.Judge(
            lanes.Any(lane => lane.Priority == LanePriority.Standard),
            "lanes",
            "must hold at least one lane of standard priority: it serves requests that name no lane");
        long guaranteed = Guaranteed(lanes);
        errors.Judge(
            guaranteed < 1000,
            "lanes",
            $"guaranteedPermille must add up to less than 1,000, so that something is left to share; they add up to {guaranteed:N0}");
    }

    // Beyond this a request could pass only by dipping into what is kept back for the protected.
    private static void CheckLargestRequest(ClassPolicy policy, ErrorList errors)
    {
        if (!errors.AreClean("capacity.burstUnits", "capacity.maxRequestUnits", "lanes") || policy.Lanes.IsDefaultOrEmpty) return;
        long guaranteed = Guaranteed(policy.Lanes);
        if (guaranteed is < 0 or >= 1000) return;
        bool admitted = policy.Entry == UsageEntry.Admitted;
        long most = admitted ? CapacityPlan.LargestRequest(policy.Capacity, policy.Lanes) : policy.Capacity.BurstUnits;
        errors.Judge(
            policy.Capacity.MaxRequestUnits <= most,
            "capacity.maxRequestUnits",
            $"must be at most {most:N0}, for which burstUnits ({policy.Capacity.BurstUnits:N0}) has room beside what it keeps back for the protected; was {policy.Capacity.MaxRequestUnits:N0}");
    }

    private static void CheckQuota(ClassPolicy policy, ErrorList errors)
    {
        QuotaPolicy quota = policy.Quota;
        errors.Judge(quota.UnitsPerSecond, PolicyLimits.QuotaUnitsPerSecond, "quota.unitsPerSecond");
        errors.Judge(quota.BurstUnits, PolicyLimits.QuotaBurstUnits, "quota.burstUnits");
        errors.Judge(quota.WindowUnits, PolicyLimits.QuotaWindowUnits, "quota.windowUnits");
        if (!errors.AreClean("quota.unitsPerSecond", "quota.burstUnits", "capacity.maxRequestUnits")) return;
        if (quota.UnitsPerSecond == 0)
        {
            errors.Judge(quota.BurstUnits == 0, "quota.burstUnits", $"must be 0 or left out while quota.unitsPerSecond is 0; was {quota.BurstUnits:N0}");
            return;
        }

        long least = policy.Capacity.MaxRequestUnits;
        errors.Judge(
            quota.BurstUnits >= least,
            "quota.burstUnits",
            $"must be at least capacity.maxRequestUnits ({least:N0}), or the largest request could never pass; was {quota.BurstUnits:N0}");
    }

    private static long Guaranteed(ImmutableArray<LanePolicy> lanes) => lanes.Sum(lane => (long)lane.GuaranteedPermille);
}
