using CoopGrid.Benchmarks.Bank;
using CoopGrid.Domain.Bank;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>
/// What a bank does for homes, on hourly loads of the shape of real ones (<c>CoopGrid.Benchmarks bank</c> takes those): evenings of twice the mean,
/// some homes empty for weeks, some small, some large.
/// </summary>
public sealed class BankedHomesTests
{
    private const int Homes = 17;

    [Fact]
    public void A_bank_takes_surcharges_from_those_who_use_little_while_it_is_quiet()
    {
        ClassPolicy policy = BankCommand.PolicyFor(Homes);
        Instant start = Instant.FromUnixMs(new DateTimeOffset(2025, 7, 31, 23, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());
        long[][] hours = Year(new Random(17));
        HomesOutcome without = BankedHomes.Run(policy with { Bank = new() }, start, hours), with = BankedHomes.Run(policy, start, hours);
        Assert.Equal((without.PeakHours, without.HighestMultiplier), (with.PeakHours, with.HighestMultiplier));
        Assert.InRange(with.PeakHours, hours.Length / 6, hours.Length / 3);
        for (int home = 0; home < Homes; home++)
        {
            BankAccount bank = with.Banks[home];
            Assert.Equal(bank.Saved, bank.Spent + bank.Decayed + bank.Held);

            // Nobody pays more; who spends pays less, by no more than what its units would have cost in the dearest hour.
            long less = without.Surcharges[home] - with.Surcharges[home];
            Assert.InRange(less, bank.Spent > 0 ? 1 : 0, (bank.Spent * policy.Tariff.Rate * (with.HighestMultiplier - 1000) / 1000) + hours.Length);
        }

        Assert.True(with.Surcharges.Sum() < without.Surcharges.Sum());
        Assert.Contains(with.Banks, bank => bank.Spent > 50_000);
        Assert.Contains(with.Banks, bank => bank.Decayed > 0);
        Assert.Contains(with.Banks, bank => bank.Spent == 0);
    }

    private static long[][] Year(Random random)
    {
        int[] size = [.. Enumerable.Range(0, Homes).Select(home => 150 + (home * home * 12))];
        return [.. Enumerable.Range(0, 8760).Select(hour => Enumerable.Range(0, Homes).Select(home => Load(random, size[home], home, hour)).ToArray())];
    }

    // Watt-hours of one hour: a home's own mean, twice as much in the evening, half at night, and a tenth in every fourth week of each third home.
    private static long Load(Random random, int mean, int home, int hour)
    {
        int part = (hour % 24) switch { >= 17 and < 22 => 20, >= 1 and < 7 => 5, _ => 10 };
        if (home % 3 == 0 && hour / 168 % 4 == 3) part = 1;
        return mean * part * random.Next(5, 16) / 100;
    }
}
