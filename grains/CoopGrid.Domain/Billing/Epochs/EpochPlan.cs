using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// A class's epochs as slices, by its schedule.
/// <list type="number">
/// <item>From the first run's first slice on every slice is in exactly one epoch; epochs follow each other and are numbered without gaps.</item>
/// <item>An epoch is closed once no slice before its <see cref="SettledAt"/> is open, or before a later one's: from then on nothing is added to
/// it and nothing given back.</item>
/// <item>Two plans agree on every epoch that both announce.</item>
/// </list>
/// Thread-safe; one object, and one <see cref="EpochSlices"/> for each epoch that is in use, serves all members of a class.
/// </summary>
public sealed class EpochPlan(EpochSchedule schedule, WindowPolicy window, string timeZone)
{
    private const int Kept = 8;

    private volatile EpochSlices[] _known = [];
    private volatile Closed? _closed;

    public EpochSchedule Schedule => schedule;

    /// <summary>The first slice that is in an epoch.</summary>
    public long First => schedule.Runs[0].FromSlice;

    /// <summary>Whether an entry may count in a slice: what comes after is not announced yet.</summary>
    public bool Announces(long slice) => slice < schedule.Until;

    /// <summary>The epoch that holds a slice, announced or not; null before the first.</summary>
    public EpochSlices? At(long slice)
    {
        foreach (EpochSlices known in _known)
        {
            if (known.Holds(slice)) return known;
        }

        if (RunAt(slice) is not { } run) return null;
        EpochSlices found = Find(run, slice);

        // Two threads may find the same epoch at once: the objects are equal, and one of them is kept.
        EpochSlices[] before = _known;
        _known = before.Length < Kept ? [.. before, found] : [.. before[1..], found];
        return found;
    }

    /// <summary>The epoch of a number among those that are announced, or null.</summary>
    public EpochSlices? Numbered(long number)
    {
        EpochSlices? epoch = At(schedule.Until - 1);
        while (epoch is not null && epoch.Number > number) epoch = At(epoch.First - 1);
        return epoch?.Number == number ? epoch : null;
    }

    /// <summary>The mark by which an epoch is closed.</summary>
    public long SettledAt(EpochSlices epoch) => epoch.End + RunAt(epoch.First)!.SettleSlices;

    /// <summary>The first slice that is not in a closed epoch when no slice before <paramref name="mark"/> is open. It only grows with the mark.</summary>
    public long ClosedBefore(long mark)
    {
        if (_closed is { } last && last.Mark == mark) return last.Before;
        EpochSlices? epoch = At(Math.Min(mark, schedule.Until - 1));
        while (epoch is not null && SettledAt(epoch) > mark) epoch = At(epoch.First - 1);
        _closed = new(mark, epoch?.End ?? long.MinValue);
        return epoch?.End ?? long.MinValue;
    }

    private EpochRun? RunAt(long slice)
    {
        int run = schedule.Runs.Length - 1;
        while (run >= 0 && schedule.Runs[run].FromSlice > slice) run--;
        return run < 0 ? null : schedule.Runs[run];
    }

    private EpochSlices Find(EpochRun run, long slice)
    {
        EpochSlices whole = EpochSlices.Of(EpochCalendar.At(run.Kind, window, timeZone, window.StartOf(slice)), window);
        int next = schedule.Runs.IndexOf(run) + 1;
        long end = next < schedule.Runs.Length ? Math.Min(whole.End, schedule.Runs[next].FromSlice) : whole.End;
        return new(whole.Number + run.NumberShift, Math.Max(whole.First, run.FromSlice), end);
    }

    private sealed record Closed(long Mark, long Before);
}
