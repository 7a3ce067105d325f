using CoopGrid.Model;
using NodaTime;

namespace CoopGrid.Domain.Governance;

/// <summary>Slices, window, grace and epoch: a window is whole slices, and epoch edges are slice edges (SPEC.md §3).</summary>
internal static class WindowRules
{
    private static readonly NodaTime.Instant ZonesFrom = NodaTime.Instant.FromUtc(2020, 1, 1, 0, 0);
    private static readonly NodaTime.Instant ZonesTo = NodaTime.Instant.FromUtc(2050, 1, 1, 0, 0);

    /// <summary>Longest that an epoch can last, a daylight-saving hour included.</summary>
    public static long LongestEpochMs(EpochPolicy epoch) => epoch.Kind switch
    {
        EpochKind.Week => (7 * PolicyLimits.DayMs) + 3_600_000,
        EpochKind.Fixed => epoch.FixedMs,
        _ => (31 * PolicyLimits.DayMs) + 3_600_000,
    };

    public static void Check(ClassPolicy policy, DateTimeZone? zone, ErrorList errors)
    {
        WindowPolicy window = policy.Window;
        errors.Judge(window.SliceMs, PolicyLimits.SliceMs, "window.sliceMs");
        errors.Judge(window.Slices, PolicyLimits.Slices, "window.slices");
        errors.Judge(window.GraceMs, PolicyLimits.GraceMs, "window.graceMs");
        errors.Judge(Enum.IsDefined(window.Epoch.Kind), "window.epoch.kind", "must be month, week or fixed");
        errors.Judge(window.Epoch.FixedMs, PolicyLimits.FixedMs, "window.epoch.fixedMs");
        if (!errors.AreClean("window.sliceMs")) return;
        if (errors.AreClean("window.slices"))
        {
            long longest = PolicyLimits.MaxSpanMs / window.SliceMs;
            errors.Judge(window.Slices <= longest, "window.slices", $"must be at most {longest:N0}, so that the window is at most 366 days; was {window.Slices:N0}");
        }

        CheckGrace(policy, errors);
        CheckEpoch(window, zone, errors);
    }

    private static void CheckGrace(ClassPolicy policy, ErrorList errors)
    {
        long grace = policy.Window.GraceMs;
        if (policy.Entry == UsageEntry.Admitted)
        {
            errors.Judge(grace == 0, "window.graceMs", $"must be 0, as usage enters by admission and is never late; was {grace:N0}");
            return;
        }

        long longest = PolicyLimits.MaxGraceSlices * policy.Window.SliceMs;
        errors.Judge(grace <= longest, "window.graceMs", $"must be at most {longest:N0}, that is {PolicyLimits.MaxGraceSlices} slices; was {grace:N0}");
    }

    private static void CheckEpoch(WindowPolicy window, DateTimeZone? zone, ErrorList errors)
    {
        if (!errors.AreClean("window.epoch.kind", "window.epoch.fixedMs")) return;
        long fixedMs = window.Epoch.FixedMs;
        if (window.Epoch.Kind == EpochKind.Fixed)
        {
            errors.Judge(
                fixedMs > 0 && fixedMs % window.SliceMs == 0,
                "window.epoch.fixedMs",
                $"must be a whole number of slices of {window.SliceMs:N0} ms; was {fixedMs:N0}");
            return;
        }

        errors.Judge(fixedMs == 0, "window.epoch.fixedMs", $"must be left out unless window.epoch.kind is fixed; was {fixedMs:N0}");
        errors.Judge(
            PolicyLimits.DayMs % window.SliceMs == 0,
            "window.sliceMs",
            $"must divide a day, as epochs start at midnight; was {window.SliceMs:N0}");
        if (zone is not null && !MidnightIsSliceEdge(zone, window.SliceMs))
        {
            errors.Judge(
                false,
                "window.sliceMs",
                $"must divide every offset of {zone.Id} from UTC, as epochs start at local midnight (900,000 ms always does today); was {window.SliceMs:N0}");
        }
    }

    // Slices count from the Unix epoch in UTC, so local midnight is a slice edge when the offset is whole slices.
    private static bool MidnightIsSliceEdge(DateTimeZone zone, long sliceMs)
    {
        foreach (var interval in zone.GetZoneIntervals(ZonesFrom, ZonesTo))
        {
            if (interval.WallOffset.Milliseconds % sliceMs != 0) return false;
        }

        return true;
    }
}
