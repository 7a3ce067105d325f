using System.Globalization;
using System.Text.Json;
using CoopGrid.Domain.Bank;
using CoopGrid.Model;

namespace CoopGrid.Benchmarks.Bank;

/// <summary>
/// <c>bank CSV</c>: what a bank does for the homes of a series of hourly loads in kWh, which has a head line, and a column <c>home…</c> for each, the last ones.
/// </summary>
internal static class BankCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The shipped electricity charter for so many homes: 1 Wh/s of the feeder for each.</summary>
    public static ClassPolicy PolicyFor(int homes) => new()
    {
        Version = 1,
        Entry = UsageEntry.Metered,
        Window = new() { SliceMs = 3_600_000, Slices = 168, GraceMs = 86_400_000 },
        Tariff = new() { FixedFee = 30_000_000, Rate = 150, BaselineUnits = 50_000 },
        Capacity = new() { UnitsPerSecond = homes, BurstUnits = 200_000, MaxRequestUnits = 100_000 },
        Price = new()
        {
            TargetPermille = 700,
            DoublingPeriods = 4,
            CapPermille = 4000,
            TimeOfUse = [new() { Days = 127, FromMinute = 16 * 60, ToMinute = 21 * 60, Permille = 2450 }],
        },
        Bank = new() { SharePermille = 500, CapUnits = 25_000, DecayPermille = 500 },
    };

    public static int Run(string[] args)
    {
        if (args is not [{ } file, ..])
        {
            Console.Error.WriteLine("usage: bank CSV [--share PERMILLE] [--cap WH] [--decay PERMILLE] [--baseline WH] [--out FILE]");
            return 2;
        }

        long[][] hours = Read(file);
        ClassPolicy policy = PolicyFor(hours[0].Length);
        policy = policy with
        {
            Tariff = policy.Tariff with { BaselineUnits = Option(args, "--baseline", policy.Tariff.BaselineUnits) },
            Bank = new()
            {
                SharePermille = (int)Option(args, "--share", policy.Bank.SharePermille),
                CapUnits = Option(args, "--cap", policy.Bank.CapUnits),
                DecayPermille = (int)Option(args, "--decay", policy.Bank.DecayPermille),
            },
        };

        // The homes' series begin with the last hour of a July.
        Instant start = Instant.FromUnixMs(new DateTimeOffset(2025, 7, 31, 23, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());
        HomesOutcome without = BankedHomes.Run(policy with { Bank = new() }, start, hours), with = BankedHomes.Run(policy, start, hours);
        string json = JsonSerializer.Serialize(
            new
            {
                command = "bank",
                hours = hours.Length,
                homes = hours[0].Length,
                usedWh = hours.Sum(hour => hour.Sum()),
                baselineWh = policy.Tariff.BaselineUnits,
                bank = policy.Bank,
                with.PeakHours,
                with.HighestMultiplier,
                surchargeMicroCredits = new { without = without.Surcharges.Sum(), with = with.Surcharges.Sum() },
                bankedWh = new
                {
                    saved = Sum(with, bank => bank.Saved),
                    spent = Sum(with, bank => bank.Spent),
                    decayed = Sum(with, bank => bank.Decayed),
                    held = Sum(with, bank => bank.Held),
                },
                byHome = without.Surcharges.Select((before, home) => new { without = before, with = with.Surcharges[home], with.Banks[home].Spent }),
            },
            Json);
        if (Array.IndexOf(args, "--out") is > 0 and int place) File.WriteAllText(args[place + 1], json + "\n");
        else Console.WriteLine(json);
        return 0;
    }

    private static long Sum(HomesOutcome outcome, Func<BankAccount, long> part) => outcome.Banks.Sum(part);

    private static long Option(string[] args, string name, long otherwise) =>
        Array.IndexOf(args, name) is > 0 and int place ? long.Parse(args[place + 1], CultureInfo.InvariantCulture) : otherwise;

    private static long[][] Read(string file)
    {
        string[] lines = File.ReadAllLines(file);
        int first = Array.FindIndex(lines[0].Split(','), name => name.StartsWith("home", StringComparison.Ordinal));
        return [.. lines.Skip(1).Select(line => line.Split(',').Skip(first).Select(kwh => (long)(decimal.Parse(kwh, CultureInfo.InvariantCulture) * 1000)).ToArray())];
    }
}
