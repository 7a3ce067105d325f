using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Live;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Sending;

namespace CoopGrid.LoadTest.Runs;

/// <summary>A run's end, in words.</summary>
internal static class Summary
{
    public static void Print(LoadRun load, ClassWatch watch, CheckReport? report, string path)
    {
        foreach (GroupTotals row in ResultOf.Groups(load))
        {
            string outcomes = string.Join(", ", row.Outcomes.Select(pair => $"{pair.Key} {pair.Value}"));
            Console.Out.WriteLine($"  {row.Group,-10} {(row.Lane.Length == 0 ? "(standard)" : row.Lane),-10} {row.AdmittedUnits} units: {outcomes}");
        }

        LatencyMs latency = load.Tally.Latency.Read(), late = load.Tally.Lateness.Read();
        PriceExtremes price = ResultOf.Price(watch, load);
        Console.Out.WriteLine($"  {load.Tally.Answered} answers, shed {load.Tally.Shed}, replayed {load.Tally.Replayed}, retried {load.Tally.Retried}");
        Console.Out.WriteLine($"  p50 {latency.P50:F1}  p99 {latency.P99:F1}  p99.9 {latency.P999:F1}  max {latency.Max:F1} ms (generator late: p99 {late.P99:F1} ms)");
        Console.Out.WriteLine($"  multiplier {price.Lowest / 1000.0:F3} to {price.Highest / 1000.0:F3}, last {price.Last / 1000.0:F3}");
        if (report is not null) Print(report);
        Console.Out.WriteLine($"  result: {path}");
    }

    public static void Print(CheckReport report)
    {
        string growth = report.UsageGrewUnits is { } grew ? $"{grew}" : "not comparable (slices left the window)";
        Console.Out.WriteLine($"  check: told {report.ToldUnits} = members grew {report.MembersGrewUnits}; S {report.UsageUnits} = Σ u {report.MembersWindowUnits}; S grew {growth}");
        Console.Out.WriteLine(report.Clean ? "  check: clean, to the unit" : $"  check: NOT CLEAN, {report.Problems.Count} problems");
        foreach (string problem in report.Problems) Console.Out.WriteLine($"    {problem}");
    }
}
