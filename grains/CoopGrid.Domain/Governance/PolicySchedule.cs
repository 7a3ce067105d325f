using CoopGrid.Domain.Pricing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>When a change of a class's policy takes effect (SPEC.md §11): at the next slice boundary, or later, or not at all.</summary>
public static class PolicySchedule
{
    /// <summary>The path of a field that cannot change once a class is founded, because its windows, prices and slots count by it, or null.</summary>
    public static string? NotChangeable(ClassPolicy current, ClassPolicy changed)
    {
        if (changed.Entry != current.Entry) return "entry";
        if (changed.Window.SliceMs != current.Window.SliceMs) return "window.sliceMs";
        if (changed.Window.Slices != current.Window.Slices) return "window.slices";

        // Slots that are open for bids already would overlap with those of another length, and together sell more than the share.
        if (changed.Market.SlotMs != current.Market.SlotMs) return "market.slotMs";

        // The history counts its periods by their length.
        return PriceRule.PeriodMs(changed) != PriceRule.PeriodMs(current) ? "price.controlPeriodMs" : null;
    }

    /// <summary>
    /// The first slice of the changed policy: the next one, or the first of the next epoch if the bill's formula uses what changed.
    /// </summary>
    /// <param name="timeZone">The co-op's IANA time zone.</param>
    public static long FromSlice(ClassPolicy current, ClassPolicy changed, string timeZone, Instant now) =>
        PolicyChange.NeedsNewEpoch(current, changed)
            ? current.Window.SliceAt(EpochCalendar.NextStart(current.Window.Epoch, current.Window, timeZone, now))
            : current.Window.SliceAt(now) + 1;
}
