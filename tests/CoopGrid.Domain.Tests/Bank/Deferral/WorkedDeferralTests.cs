using System.Globalization;
using CoopGrid.Domain.Bank;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>Every number in the example of docs/deferral.md is what the rule gives.</summary>
public sealed class WorkedDeferralTests
{
    private static readonly ClassPolicy Policy = new()
    {
        Capacity = new() { UnitsPerSecond = 100, BurstUnits = 400, MaxRequestUnits = 100 },
        Price = new() { TargetPermille = 800 },
        Deferral = new() { DeferMinMs = 60_000, HorizonMs = 14_400_000, MemberCapUnits = 2000 },
    };

    [Fact]
    public void The_tickets_of_the_example()
    {
        string[][] rows = [.. Page().Split('\n').SkipWhile(line => line != "| member | units | ticket for |").Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        Assert.Equal(5, rows.Length);
        var calendar = new DeferralCalendar();
        Instant now = new(new DateTimeOffset(2026, 12, 1, 12, 0, 0, 500, TimeSpan.Zero).ToUnixTimeMilliseconds() * 1000);
        for (int i = 0; i < rows.Length; i++)
        {
            var request = new DeferralRequest(rows[i][0], $"k{i}", long.Parse(rows[i][1], CultureInfo.InvariantCulture), 100, now.UnixMs + 3_600_000);
            DeferralDecision decision = DeferralRule.Decide(calendar, request, now, DeferralTerms.Of(Policy));
            calendar.Apply(decision.Entry!);
            Assert.Equal(rows[i][2], DateTimeOffset.FromUnixTimeSeconds(decision.Ticket!.Second).ToString("HH:mm:ss", CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void The_most_of_one_second()
    {
        Assert.Contains("at most 74 units: the target is 80, and half of the burst covers 200 / 2.7", Page(), StringComparison.Ordinal);
        Assert.Equal(74, DeferralTerms.Of(Policy).TargetPerSecond);
        Assert.Equal((2700L, 14_500 + 200L), (TicketReserve.FillMs(100), TicketReserve.AheadMs(100)));
    }

    private static string Page()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string page = Path.Combine(folder.FullName, "docs", "deferral.md");
            if (File.Exists(page)) return File.ReadAllText(page);
        }

        throw new FileNotFoundException("docs/deferral.md");
    }
}
