using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Live;
using CoopGrid.LoadTest.Results;
using CoopGrid.LoadTest.Sending;

namespace CoopGrid.LoadTest.Runs;

/// <summary>A run's end, in words.</summary>
internal static class Summary
{
    public static void Print(LoadRun load, ClassWatch watch, CheckReport? report, long rate)
    {
        foreach (GroupTotals row in ResultOf.Groups(load, rate))
        {
            string outcomes = string.Join(", ", row.Outcomes.Select(pair => $"{pair.Key} {pair.Value}"));
            Console.Out.WriteLine($"  {row.Group,-10} {(row.Lane.Length == 0 ? "(standard)" : row.Lane),-10} {row.AdmittedUnits} units: {outcomes}{Surge(row)}");
        }

        LatencyMs latency = load.Tally.Latency.Read(), late = load.Tally.Lateness.Read();
        PriceExtremes price = ResultOf.Price(watch, load);
        Console.Out.WriteLine($"  {load.Tally.Answered} answers, shed {load.Tally.Shed}, replayed {load.Tally.Replayed}, retried {load.Tally.Retried}");
        Console.Out.WriteLine($"  p50 {latency.P50:F1}  p99 {latency.P99:F1}  p99.9 {latency.P999:F1}  max {latency.Max:F1} ms (generator late: p99 {late.P99:F1} ms)");
        Console.Out.WriteLine($"  multiplier {price.Lowest / 1000.0:F3} to {price.Highest / 1000.0:F3}, last {price.Last / 1000.0:F3}");
        if (report is not null) Print(report);
    }

    public static void Print(PatientTotals patient)
    {
        string how = patient.DeferSeconds is { } seconds ? $"tickets up to {seconds} s ahead" : "without deferral";
        Console.Out.WriteLine($"  patient: {patient.Members} members, {how}: sent {patient.Sent}, admitted at once {patient.AdmittedAtOnce}, deferred {patient.Deferred}, refused {patient.Refused}");
        Console.Out.WriteLine($"  tickets: redeemed {patient.Redeemed}, expired {patient.Expired}, refused in their second {patient.RefusedInTime}, unknown {patient.Unknown}; "
            + $"waited p50 {(patient.Wait?.P50 ?? 0) / 1000:F0} s, max {(patient.Wait?.Max ?? 0) / 1000:F0} s");
        Console.Out.WriteLine($"  surge: {patient.SurgedUnits} units above ×1, {patient.SurchargeMicroCredits} micro-credits by the answers, {patient.BilledSurchargeMicroCredits} on their bills; "
            + $"of {patient.RedeemedUnits} redeemed units {patient.RedeemedSurgedUnits} surged");
        foreach (string problem in patient.Problems) Console.Out.WriteLine($"    {problem}");
    }

    private static string Surge(GroupTotals row) => row.SurgedUnits == 0 ? "" : $"; {row.SurgedUnits} units above ×1 for {row.SurchargeMicroCredits} micro-credits";

    public static void Print(CheckReport report)
    {
        string growth = report.UsageGrewUnits is { } grew ? $"{grew}" : "not comparable (slices left the window)";
        Console.Out.WriteLine($"  check: told {report.ToldUnits} = members grew {report.MembersGrewUnits}; S {report.UsageUnits} = Σ u {report.MembersWindowUnits}; S grew {growth}");
        Console.Out.WriteLine(report.Clean ? "  check: clean, to the unit" : $"  check: NOT CLEAN, {report.Problems.Count} problems");
        foreach (string problem in report.Problems) Console.Out.WriteLine($"    {problem}");
    }
}
