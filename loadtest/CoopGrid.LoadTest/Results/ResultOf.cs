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
            run.Tally.CancelledUnits, run.Open.Count, Outcomes(run.Tally.Count));
    }

    /// <param name="rate">Of the class, micro-credits per unit.</param>
    public static IReadOnlyList<GroupTotals> Groups(LoadRun run, long rate = 0)
    {
        var rows = new List<GroupTotals>();
        for (int group = 0; group < run.Workload.Groups.Length; group++)
        {
            for (int lane = 0; lane < run.Workload.Lanes.Length; lane++)
            {
                (int g, int l) = (group, lane);
                Dictionary<string, long> outcomes = Outcomes(outcome => run.Tally.Count(g, l, outcome));
                if (outcomes.Count == 0) continue;
                rows.Add(new(
                    run.Workload.Groups[g], run.Workload.Lanes[l], run.Tally.AdmittedUnits(g, l), run.Tally.SurgedUnits(g, l),
                    (long)((Int128)rate * run.Tally.SurgedPermille(g, l) / 1000), outcomes));
            }
        }

        return rows;
    }

    /// <summary>What became of the patient group; null if the run has none.</summary>
    /// <param name="billed">The surcharges on its members' projected bills.</param>
    public static PatientTotals? Patient(LoadRun run, TimeSpan? defer, long rate, long? billed)
    {
        GroupTotals[] rows = [.. Groups(run, rate).Where(row => row.Group == Schedule.Patient.Group)];
        if (!run.Workload.Groups.Contains(Schedule.Patient.Group)) return null;
        long Told(params Outcome[] outcomes) => rows.Sum(row => outcomes.Sum(outcome => row.Outcomes.GetValueOrDefault(outcome.ToString())));
        long sent = rows.Sum(row => row.Outcomes.Values.Sum());
        return new()
        {
            DeferSeconds = defer?.TotalSeconds,
            Members = PatientMembers(run.Workload).Length,
            Sent = sent,
            AdmittedAtOnce = Told(Outcome.Admitted),
            Deferred = Told(Outcome.Deferred),
            Refused = sent - Told(Outcome.Admitted, Outcome.Deferred, Outcome.Unavailable),
            Redeemed = run.Tickets.Redeemed,
            RedeemedUnits = run.Tickets.RedeemedUnits,
            RedeemedSurgedUnits = run.Tickets.RedeemedSurgedUnits,
            Expired = run.Tickets.Expired,
            RefusedInTime = run.Tickets.RefusedInTime,
            Unknown = run.Open.Redemptions.Count,
            Wait = run.Tickets.Wait.Read(),
            SurgedUnits = rows.Sum(row => row.SurgedUnits),
            SurchargeMicroCredits = rows.Sum(row => row.SurchargeMicroCredits),
            BilledSurchargeMicroCredits = billed,
        };
    }

    /// <summary>Members who have sent in the patient group.</summary>
    public static string[] PatientMembers(Workload workload)
    {
        int group = Array.IndexOf(workload.Groups, Schedule.Patient.Group);
        return [.. workload.Sends.Where(send => send.Group == group).Select(send => send.Member).Distinct().Select(member => workload.Members[member])];
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
