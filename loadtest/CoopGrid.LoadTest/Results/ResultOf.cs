using CoopGrid.LoadTest.Live;
using CoopGrid.LoadTest.Schedule;
using CoopGrid.LoadTest.Sending;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Results;

/// <summary>Puts a run's figures into its result.</summary>
internal static class ResultOf
{
    public static Totals Totals(LoadRun run)
    {
        Workload workload = run.Workload;
        long units = 0;
        for (int group = 0; group < workload.Groups.Length; group++)
            for (int lane = 0; lane < workload.Lanes.Length; lane++) units += run.Tally.AdmittedUnits(group, lane);
        return new Totals(
            workload.Sends.Length, run.Sent, run.Tally.Answered, run.Tally.Shed, run.Tally.Replayed, run.Tally.Retried, units,
            run.Tally.CancelledUnits, run.Open.Admissions.Count + run.Open.Cancels.Count, Outcomes(run.Tally.Count));
    }

    public static IReadOnlyList<GroupTotals> Groups(LoadRun run)
    {
        var rows = new List<GroupTotals>();
        for (int group = 0; group < run.Workload.Groups.Length; group++)
        {
            for (int lane = 0; lane < run.Workload.Lanes.Length; lane++)
            {
                (int g, int l) = (group, lane);
                Dictionary<string, long> outcomes = Outcomes(outcome => run.Tally.Count(g, l, outcome));
                if (outcomes.Count > 0) rows.Add(new(run.Workload.Groups[g], run.Workload.Lanes[l], run.Tally.AdmittedUnits(g, l), outcomes));
            }
        }

        return rows;
    }

    public static PriceExtremes Price(ClassWatch watch, LoadRun? run) => new(
        watch.LowestMultiplier, Math.Max(watch.HighestMultiplier, run?.Tally.HighestMultiplier ?? 0), watch.Latest?.MultiplierPermille ?? 0);

    public static Recording Recording(LoadRun run, RunSettings settings, Standings baseline)
    {
        var told = new List<MemberUnits>();
        for (int member = 0; member < run.Workload.Members.Length; member++)
        {
            if (run.Tally.Told(member) != 0) told.Add(new(run.Workload.Members[member], run.Tally.Told(member)));
        }

        IEnumerable<OpenQuestion> open = run.Open.Admissions.Select(place => Open(run, place, false))
            .Concat(run.Open.Cancels.Select(place => Open(run, place, true)));
        return new Recording(1, settings.RunId, settings.Coop, settings.Class, baseline, told, [.. open]);
    }

    private static OpenQuestion Open(LoadRun run, int place, bool cancel)
    {
        AdmitRequest question = run.Question(place);
        return new(question.Member, question.Key, question.Lane, question.Units, cancel);
    }

    private static Dictionary<string, long> Outcomes(Func<Outcome, long> count) =>
        Enum.GetValues<Outcome>().Where(outcome => count(outcome) != 0).ToDictionary(outcome => outcome.ToString(), count);
}
