using System.Globalization;
using System.Text.Json;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Silo.Ledger.Sqlite;

namespace CoopGrid.StoreBenchmarks;

/// <summary>
/// <c>closing</c>: closes an epoch of generated figures against SQLite, step after step as a silo does but without its pauses, and tells time, memory and
/// bytes.
/// </summary>
internal static class ClosingCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static int Usage()
    {
        Console.Error.WriteLine("closing [--members 1000000] [--out loadtest/results/closing.json]");
        return 2;
    }

    /// <returns>0 if the epoch closed, its numbers have no gap, and its accounts sum to zero.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        int members = int.Parse(Text(args, "--members", "1000000"), CultureInfo.InvariantCulture);
        string folder = Directory.CreateTempSubdirectory("coopgrid-closing-").FullName;
        try
        {
            Report report = await CloseAsync(folder, members);
            Console.WriteLine(
                $"{report.Bills:N0} bills in {report.Seconds:N1} s ({report.BillsPerSecond:N0} a second, {report.ProcessorSeconds:N1} s of processor); " +
                $"a step took {report.StepMsMedian:N1} ms in the median, {report.StepMsMost:N1} at most; {report.BytesPerBill} bytes a bill on disk; " +
                $"resident at most {report.PeakResidentMb} MB, {report.ResidentBeforeMb} MB before.");
            Write(Text(args, "--out", "loadtest/results/closing.json"), report);
            return report.IsSound ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Report> CloseAsync(string folder, int members)
    {
        var epoch = new GeneratedEpoch(members);
        using SqliteStorage storage = SqliteStorage.Open(folder, TimeProvider.System);
        await EnrollAsync(storage.Ledger, epoch);
        var closer = new EpochCloser(storage.Bills, storage.Directory, epoch, new GridClock(TimeProvider.System));
        long bytesBefore = Bytes(folder);
        GC.Collect();
        long residentBefore = Environment.WorkingSet;
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        List<double> steps = [];
        long peak = residentBefore, began = TimeProvider.System.GetTimestamp();
        ClosingProgress progress;
        do
        {
            long step = TimeProvider.System.GetTimestamp();
            progress = await closer.StepAsync(GeneratedEpoch.Class, GeneratedEpoch.Number, CancellationToken.None);
            steps.Add(TimeProvider.System.GetElapsedTime(step).TotalMilliseconds);
            if (steps.Count % 16 == 0) peak = Math.Max(peak, Environment.WorkingSet);
        }
        while (progress == ClosingProgress.UnderWay);
        double seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        processor = Environment.CpuUsage.TotalTime - processor;
        BooksRow books = await storage.Bills.ReadBooksAsync(GeneratedEpoch.Class.Coop, CancellationToken.None);
        steps.Sort();
        return new(
            $"closing --members {members}", Environment.ProcessorCount, members, books.LastBill, seconds, books.LastBill / seconds, processor.TotalSeconds,
            steps[steps.Count / 2], steps[^1], (Bytes(folder) - bytesBefore) / Math.Max(1, books.LastBill), residentBefore >> 20, peak >> 20,
            progress == ClosingProgress.Closed && Sum(books.Balances) == 0 && books.LastBill == members);
    }

    private static async Task EnrollAsync(ILedgerStore ledger, GeneratedEpoch epoch)
    {
        long producer = (await ledger.OpenProducerAsync(new("benchmark", 1), CancellationToken.None)).Producer;
        foreach ((int place, DirectoryChange[] changes) in epoch.Directory().Index())
            ledger.Commit(new() { Producer = producer, Position = place + 1, Bytes = new byte[] { 0 }, Changes = changes });
    }

    private static Int128 Sum(in Balances balances) => balances.Members + balances.Revenue + balances.Payments + balances.Commons + balances.Rounding;

    private static long Bytes(string folder) => new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length);

    private static void Write(string path, Report report)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(report, Json) + "\n");
    }

    private static string Text(string[] args, string name, string otherwise)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
    }

    private sealed record Report(
        string Command, int Cores, int Members, long Bills, double Seconds, double BillsPerSecond, double ProcessorSeconds, double StepMsMedian, double StepMsMost,
        long BytesPerBill, long ResidentBeforeMb, long PeakResidentMb, bool IsSound);
}
