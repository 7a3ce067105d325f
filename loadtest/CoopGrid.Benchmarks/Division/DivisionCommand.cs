using System.Globalization;
using System.Text.Json;

namespace CoopGrid.Benchmarks.Division;

/// <summary><c>division</c>: plays the simulation, prints what came of it and writes it to a file.</summary>
internal static class DivisionCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <returns>0 if at least 95 % was used.</returns>
    public static int Run(string[] args)
    {
        var settings = new DivisionSettings
        {
            Seed = Number(args, "--seed", 1),
            Silos = Number(args, "--silos", 200),
            Members = Number(args, "--members", 1_000_000),
            HotSilos = Number(args, "--hot-silos", 10),
            Capacity = new(Number(args, "--capacity", 200_000), Number(args, "--burst", 40_000)),
            LossMicros = Number(args, "--loss-ms", 8000) * 1000L,
            HotMovesMicros = Number(args, "--hot-moves-ms", 1000) * 1000L,
            LatePermille = Number(args, "--late-permille", 5),
            Seconds = Number(args, "--seconds", 60),
        };
        DivisionResult result = new DivisionRun(settings, () => Environment.CpuUsage.TotalTime).Play();
        double[] times = [.. result.Judged.Select(period => period.ClassMicros).Order()];
        foreach ((int second, DivisionPeriod period) in result.Periods.Index())
        {
            Console.WriteLine(
                $"{second,3} s: demand {period.Demanded,9:N0}, admitted {period.Admitted,9:N0}, wasted by lost silos {period.Wasted,7:N0}, " +
                $"used {period.UsedPermille,4} permille, class {period.ClassMicros / 1000,7:N2} ms in {period.Exchanges} exchanges");
        }

        Console.WriteLine($"{result.Requests:N0} requests of {settings.Members:N0} members at {settings.Silos} silos; {result.LostSilos} lost, {result.Joins} joined.");
        Console.WriteLine($"Never over: at most {result.MostOverRateMicroUnits / 1_000_000:N0} units beyond C·T in any interval, B = {settings.Capacity.BurstUnits:N0}.");
        Console.WriteLine($"Used: {result.UsedPermille} permille; worst second {result.WorstPeriodPermille}. Protected got {result.ProtectedGot * 1000 / Math.Max(1, result.ProtectedAsked)} permille.");
        Console.WriteLine($"Class: {times[times.Length / 2] / 1000:N2} ms a second in the median, {times[^1] / 1000:N2} at most.");
        Write(Text(args, "--out", "loadtest/results/division.json"), new Report(
            $"division {string.Join(' ', args)}".TrimEnd(),
            Environment.ProcessorCount,
            settings,
            result,
            times[times.Length / 2],
            times[^1]));
        return result.UsedPermille >= 950 ? 0 : 1;
    }

    private static void Write(string path, Report report)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(report, Json) + "\n");
    }

    private static int Number(string[] args, string name, int otherwise) =>
        int.Parse(Text(args, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    private static string Text(string[] args, string name, string otherwise)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
    }

    private sealed record Report(
        string Command, int Cores, DivisionSettings Settings, DivisionResult Result, double ClassMicrosPerPeriodMedian, double ClassMicrosPerPeriodMost);
}
