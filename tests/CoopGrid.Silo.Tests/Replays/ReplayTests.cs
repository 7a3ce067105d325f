using System.Diagnostics;
using System.Globalization;
using System.Text;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Replays;

/// <summary>
/// Small traces of every CSV format, played by the load test's process through gRPC into a silo's process. Exit code 0 says that
/// units admitted as told = Σ of members = S of the class, to the unit.
/// </summary>
[Collection(ProcessCollection.Name)]
public sealed class ReplayTests
{
    private const int Seed = 17;

    private const string People = """
        "people": { "entry": "admitted", "capacity": { "unitsPerSecond": 100000, "burstUnits": 200000, "maxRequestUnits": 10000 },
          "lanes": [{ "name": "standard", "priority": "standard" }, { "name": "bulk", "priority": "bulk" }] }
        """;

    private const string Homes = """
        "homes": { "entry": "metered",
          "window": { "sliceMs": 1000, "slices": 60, "graceMs": 20000, "epoch": { "kind": "fixed", "fixedMs": 60000 } },
          "capacity": { "unitsPerSecond": 60000, "burstUnits": 200000, "maxRequestUnits": 100000 } }
        """;

    private const string Billed = """
        "billed": { "entry": "metered", "tariff": { "fixedFee": 1000003, "rate": 7 },
          "window": { "sliceMs": 1000, "slices": 4, "graceMs": 3000, "epoch": { "kind": "fixed", "fixedMs": 4000 } },
          "capacity": { "unitsPerSecond": 60000, "burstUnits": 200000, "maxRequestUnits": 100000 } }
        """;

    /// <summary>
    /// Seen to fail with cancels left out of the class's sum (plain), and with half of each report left out
    /// of it (homes), and with a unit too many of each admission in it (azure-llm).
    /// </summary>
    [Fact]
    public async Task Every_format_replays_into_a_silo_and_ends_clean()
    {
        await using var folder = new SiloFolder(Charters.Of([People, Homes], []));
        SiloProcess silo = await folder.StartAsync();
        string address = silo.Clients.Address;

        await Play(address, "people", "azure-llm", Requests(), "--speed", "max", "--mode", "batch", "--units", "10", "--members", "50", "--prefix", "llm-");
        await Play(address, "people", "tweets", Counts(), "--speed", "max", "--mode", "stream", "--members", "50", "--prefix", "tweet-");
        await Play(address, "people", "plain", Messages(), "--speed", "max", "--mode", "unary", "--cancel-permille", "100");
        await Play(address, "homes", "homes", Meters(), "--rows-per-slice", "4");
    }

    /// <summary>Exit code 0 says that the bills of all its epochs are their books, to the micro-credit.</summary>
    [Fact]
    public async Task A_replay_is_followed_to_its_bills()
    {
        await using var folder = new SiloFolder(Charters.Of([Billed], []));
        SiloProcess silo = await folder.StartAsync();
        string log = await Play(silo.Clients.Address, "billed", "homes", Meters(), "--rows-per-slice", "4", "--close", "--close-for", "40");
        Assert.Contains("3 bills", log, StringComparison.Ordinal);
        Assert.Contains("= revenue", log, StringComparison.Ordinal);
        (int exit, string told) = await Run(
            [LoadTest, "bills", "--coop", Charters.Coop, "--class", "billed", "--address", silo.Clients.Address, "--out", folder.DataPath + "-bills.json"]);
        Assert.True(exit == 0, told);
        Assert.Contains("3 bills", told, StringComparison.Ordinal);
    }

    private static async Task<string> Play(string address, string @class, string format, string trace, params string[] more)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("coopgrid-replay-");
        try
        {
            string file = Path.Combine(folder.FullName, $"{format}.csv");
            await File.WriteAllTextAsync(file, trace, TestContext.Current.CancellationToken);
            string result = Path.Combine(folder.FullName, "result.json");
            string[] arguments =
            [
                LoadTest, "replay", file, "--format", format, "--coop", Charters.Coop, "--class", @class, "--address", address, "--plain", "--out", result,
                .. more,
            ];
            (int exit, string log) = await Run(arguments);
            Assert.True(exit == 0, $"replay of {format} ended with {exit}:\n{log}");
            Assert.Contains("check: clean, to the unit", log, StringComparison.Ordinal);
            return log;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(int Exit, string Log)> Run(string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> said = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Task<string> wrong = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Until.Deadline);
            return (process.ExitCode, await said + await wrong);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    private static string LoadTest
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
            return Path.Combine(here.Parent!.Parent!.FullName, "CoopGrid.LoadTest", here.Name, "CoopGrid.LoadTest.dll");
        }
    }

    private static string Requests() => Rows("TIMESTAMP,ContextTokens,GeneratedTokens", 400, (row, chance) => string.Create(
        CultureInfo.InvariantCulture, $"2023-11-16 18:{15 + (row / 60)}:{row % 60:D2}.6805900,{chance.Next(1, 4000)},{chance.Next(1, 900)}"));

    private static string Counts() => Rows("timestamp,value", 60, (row, chance) => string.Create(
        CultureInfo.InvariantCulture, $"2015-02-26 {row / 12:D2}:{row % 12 * 5:D2}:53,{(row % 20 == 7 ? 300 : chance.Next(0, 12))}"));

    private static string Messages() => Rows("timestamp,member,units,lane", 500, (row, chance) => string.Create(
        CultureInfo.InvariantCulture, $"{row / 10.0:F1},plain {chance.Next(0, 20)},{chance.Next(0, 9)},{(chance.Next(0, 5) == 0 ? "bulk" : "standard")}"));

    private static string Meters() => Rows("t,month,hour,day_type,tou_price,home1,home2,home3", 12, (row, chance) => string.Create(
        CultureInfo.InvariantCulture, $"{row},7,{row % 24},7,0.22,{chance.Next(0, 30000) / 10000m},0.0000,{chance.Next(0, 30000) / 10000m}"));

    private static string Rows(string header, int rows, Func<int, Random, string> row)
    {
        var chance = new Random(Seed);
        var text = new StringBuilder(header).AppendLine();
        for (int i = 0; i < rows; i++) text.AppendLine(row(i, chance));
        return text.ToString();
    }
}
