using System.Collections.Concurrent;
using System.Text;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>Runs seeds side by side, and shows what is wrong with one as shortly as it can.</summary>
internal static class SimRunner
{
    private const int LinesShown = 150;

    /// <summary>Runs the histories of <paramref name="count"/> seeds, or as many as there is time for; ends at the first that breaks a promise.</summary>
    public static SimTotals Run(int from, int count, TimeSpan atMost)
    {
        long begun = TimeProvider.System.GetTimestamp();
        var results = new ConcurrentQueue<SimResult>();
        int next = from - 1;
        bool broken = false;
        Thread[] threads = [.. Enumerable.Range(0, Math.Min(2, Environment.ProcessorCount)).Select(_ => new Thread(Work))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        return new([.. results], TimeProvider.System.GetElapsedTime(begun));

        void Work()
        {
            while (!Volatile.Read(ref broken) && TimeProvider.System.GetElapsedTime(begun) < atMost)
            {
                int seed = Interlocked.Increment(ref next);
                if (seed >= from + count) return;
                SimResult result = Safely(seed, SimPlan.Of(seed), traced: false);
                results.Enqueue(result);
                if (result.Violations.Count > 0) Volatile.Write(ref broken, true);
            }
        }
    }

    /// <summary>The same seed with as few kinds of faults and as few requests as still break a promise, and what happened last in it.</summary>
    public static string Explain(SimResult broken)
    {
        SimPlan plan = Smaller(broken.Seed, broken.Plan);
        SimResult shown = Safely(broken.Seed, plan, traced: true);
        var text = new StringBuilder();
        text.AppendLine($"Broken: {broken}");
        text.AppendLine($"Replay: COOPGRID_SIMULATION_SEED={broken.Seed} with SimulationTests.A_seed_is_replayed.");
        text.AppendLine($"Smallest that shows it: {plan}");
        text.AppendLine($"There: {shown}");
        foreach (string line in shown.Trace.TakeLast(LinesShown)) text.AppendLine(line);
        return text.ToString();
    }

    private static SimPlan Smaller(int seed, SimPlan plan)
    {
        foreach (Faults fault in Enum.GetValues<Faults>())
        {
            if (fault is Faults.None or Faults.All) continue;
            SimPlan without = plan with { Faults = plan.Faults & ~fault };
            if (Breaks(seed, without)) plan = without;
        }

        for (int requests = plan.Requests / 2; requests > 0; requests /= 2)
        {
            SimPlan fewer = plan with { Requests = requests };
            if (Breaks(seed, fewer)) plan = fewer;
        }

        return plan;
    }

    private static bool Breaks(int seed, SimPlan plan) => Safely(seed, plan, traced: false).Violations.Count > 0;

    private static SimResult Safely(int seed, SimPlan plan, bool traced)
    {
        try
        {
            return SimHistory.Run(seed, plan, traced);
        }
        catch (Exception failure)
        {
            return new(seed, plan, [new("fault", failure.ToString())], 0, 0, []);
        }
    }
}

/// <summary>What many histories came to.</summary>
internal sealed record SimTotals(IReadOnlyList<SimResult> Results, TimeSpan Took)
{
    /// <summary>The first that broke a promise, by seed.</summary>
    public SimResult? Broken => Results.Where(result => result.Violations.Count > 0).MinBy(result => result.Seed);

    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{Results.Count} histories in {Took.TotalSeconds:F1} s ({Results.Count / Took.TotalMinutes:F0} a minute): {Results.Sum(r => r.Admissions)} admissions of "
        + $"{Results.Sum(r => r.AdmittedUnits)} units, {Results.Sum(r => r.Silos)} silos' lives, {Results.Sum(r => r.Micros) / 1e6 / 3600:F2} simulated hours, "
        + $"{Results.Sum(r => r.Steps)} steps, {Results.Count(r => r.Violations.Count > 0)} broken");
}
