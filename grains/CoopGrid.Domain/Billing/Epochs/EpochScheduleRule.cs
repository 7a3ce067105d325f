using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// Announces a class's epochs.
/// <list type="number">
/// <item>The running epoch and the next one are announced, and all that begin within an hour: for so long a silo may be without its class.</item>
/// <item>What was announced stays. Another kind of epoch, or another dedupe window, holds from the first epoch that is not announced yet.</item>
/// <item>A class that is founded within an epoch counts in it from its founding. One that is older than its epochs begins with the first epoch that starts a
/// minute from now or later: what it used before is in no account by epochs.</item>
/// </list>
/// </summary>
public static class EpochScheduleRule
{
    private const long AheadMs = 3_600_000;
    private const long NoticeMs = 60_000;

    /// <summary>The schedule of a class that is founded.</summary>
    public static EpochSchedule Founded(ClassPolicy policy, string timeZone, Instant now) =>
        Begin(policy, timeZone, EpochCalendar.At(policy.Window.Epoch, policy.Window, timeZone, now).Start, now);

    /// <summary>The schedule of a class that has been there for longer.</summary>
    public static EpochSchedule Late(ClassPolicy policy, string timeZone, Instant now) =>
        Begin(policy, timeZone, EpochCalendar.NextStart(policy.Window.Epoch, policy.Window, timeZone, now.PlusMs(NoticeMs)), now);

    /// <summary>The schedule as it must be now: the plan's own if nothing is to be announced.</summary>
    /// <param name="next">The policy that is in force, as far as is known now, in the first slice that is not announced.</param>
    public static EpochSchedule Extend(EpochPlan plan, ClassPolicy next, string timeZone, Instant now)
    {
        EpochSchedule schedule = plan.Schedule;
        long running = next.Window.SliceAt(now);
        bool reaches = schedule.Until > next.Window.SliceAt(now.PlusMs(AheadMs)) && schedule.Until >= EndOfNext(plan, running);
        if (reaches) return schedule;

        EpochSchedule further = schedule with { Runs = Following(plan, next, timeZone) is { } run ? schedule.Runs.Add(run) : schedule.Runs };
        var longer = new EpochPlan(further, next.Window, timeZone);

        // Twice as far as is needed, so that short epochs are announced many at once.
        long ahead = Math.Max(longer.First, next.Window.SliceAt(now.PlusMs(2 * AheadMs)));
        return further with { Until = Math.Max(EndOfNext(longer, running), longer.At(ahead)!.End) };
    }

    /// <summary>For how many slices after an epoch's end its units may be given back.</summary>
    public static long SettleSlices(ClassPolicy policy) => policy.Entry == UsageEntry.Metered
        ? 0
        : (policy.DedupeWindowMs + policy.Window.SliceMs - 1) / policy.Window.SliceMs;

    private static EpochSchedule Begin(ClassPolicy policy, string timeZone, Instant start, Instant now)
    {
        long first = policy.Window.SliceAt(start);
        var run = new EpochRun(policy.Window.Epoch, first, 0, SettleSlices(policy));
        return Extend(new(new() { Runs = [run], Until = first }, policy.Window, timeZone), policy, timeZone, now);
    }

    private static long EndOfNext(EpochPlan plan, long running) => plan.At(plan.At(Math.Max(running, plan.First))!.End)!.End;

    /// <summary>The run that begins where the schedule ends; null if its last one goes on.</summary>
    private static EpochRun? Following(EpochPlan plan, ClassPolicy next, string timeZone)
    {
        EpochRun last = plan.Schedule.Runs[^1];
        long settle = SettleSlices(next), from = plan.Schedule.Until;
        if (last.Kind == next.Window.Epoch && last.SettleSlices == settle) return null;
        long number = plan.At(from - 1)!.Number + 1;
        long calendar = EpochCalendar.At(next.Window.Epoch, next.Window, timeZone, next.Window.StartOf(from)).Number;
        return new(next.Window.Epoch, from, number - calendar, settle);
    }
}
