using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Bills;

/// <summary>Writes epochs' bills to a result file, and tells them.</summary>
internal static class BillsReport
{
    /// <returns>0 if bills and books agree, else 1.</returns>
    public static int End(BillsResult result, string path)
    {
        JsonFile.Write(path, result);
        foreach (EpochSpread epoch in result.Epochs) Tell(epoch);
        Console.Out.WriteLine($"  bills: {path}");
        return result.Epochs.All(epoch => epoch.Problems.Count == 0) ? 0 : 1;
    }

    private static void Tell(EpochSpread epoch)
    {
        BillSpread bills = epoch.Bills;
        Console.Out.WriteLine($"  epoch {epoch.Epoch} ({epoch.Start} to {epoch.End}): {bills.Count} bills, {bills.FixedFeeOnly} of them the fixed fee alone; credits:");
        Console.Out.WriteLine(
            $"    min {Credits(bills.Min)}  p10 {Credits(bills.P10)}  p50 {Credits(bills.P50)}  p90 {Credits(bills.P90)}  p99 {Credits(bills.P99)}  "
            + $"max {Credits(bills.Max)}");
        foreach ((string kind, KindSum sum) in bills.Lines) Console.Out.WriteLine($"    {kind,-20} {sum.Lines,8} lines {sum.SumMicroCredits,22} micro-credits");
        int most = bills.Histogram.Count == 0 ? 1 : bills.Histogram.Max(bin => bin.Bills);
        foreach (SpreadBin bin in bills.Histogram)
            Console.Out.WriteLine($"    up to {Credits(bin.UpToMicroCredits),14} {bin.Bills,8} {new string('#', Math.Max(1, bin.Bills * 40 / most))}");
        Console.Out.WriteLine($"    Σ {bills.SumMicroCredits} + rounding {epoch.RoundingMicroCredits} = revenue {epoch.RevenueMicroCredits}");
        foreach (string problem in epoch.Problems) Console.Out.WriteLine($"    NOT CLEAN: {problem}");
    }

    private static string Credits(long microCredits) => $"{microCredits / 1e6:F6}";
}
