using System.Globalization;
using CoopGrid.Domain.Market;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Market;

/// <summary>Every number in the tables of docs/market.md is what the rule gives. Seen to fail with one digit of each table changed.</summary>
public sealed class WorkedMarketTests
{
    private const string Head = "| member | units/s | at up to | won | lost | over the cap | charge |";

    private const string Running = "| ms after the start | asks for | multiplier | reserved | beyond | at | left at once |";

    private static readonly SlotTerms Terms = SlotTerms.Of(
        new() { SellablePermille = 400, ReservePrice = 20, MemberCapUnitsPerSecond = 250 }, new() { UnitsPerSecond = 1000 }, 1, 0);

    [Theory]
    [InlineData(0, 5, 45, 0)]
    [InlineData(1, 2, 20, 170)]
    public void The_examples(int place, int rows, long price, long left)
    {
        string[][] table = Table(place);
        Assert.Equal(rows, table.Length);
        ClearingResult result = Clearing.Clear(table.Select((row, i) => new Bid(i, row[0], Number(row[1]), Number(row[2]), new(i))), Terms);
        Assert.Equal((price, Terms.SellableUnitsPerSecond - left), (result.UnitPrice, result.SoldUnitsPerSecond));
        foreach ((string[] row, Award award) in table.Zip(result.Awards))
        {
            Assert.Equal(
                row[3..].Select(Number),
                [award.WonUnitsPerSecond, award.RejectedUnitsPerSecond, award.OverCapUnitsPerSecond, Terms.Charge(result.UnitPrice, award.WonUnitsPerSecond)]);
        }
    }

    [Fact]
    public void The_running_reservation()
    {
        SlotTerms terms = Terms with { Seconds = 300 };
        ReservedRate rate = ReservedRate.Of(terms, 200, new() { UnitsPerSecond = 1000, BurstUnits = 1000 });
        ReservationUse use = default;
        string[][] table = Table(0, Running);
        Assert.Equal(5, table.Length);
        foreach (long[] row in table.Select(row => row.Select(Number).ToArray()))
        {
            ReservedCover cover = ReservationCover.Of(row[1], false, (rate, use), (1500, (int)row[2]), terms.Starts.PlusMs(row[0]))!.Value;
            use = cover.Use;
            long[] given = [cover.Covered.Reserved, cover.Covered.Surged, cover.MultiplierPermille, use.UsableUnits(rate)];
            Assert.Equal(row.Skip(3), given);
        }
    }

    private static string[][] Table(int place, string head = Head)
    {
        string[] parts = File.ReadAllText(Path.Combine(Root(), "docs", "market.md")).Split(head);
        IEnumerable<string> rows = parts[place + 1].Split('\n').Skip(2).TakeWhile(line => line.StartsWith('|'));
        return [.. rows.Select(row => row.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
    }

    private static long Number(string cell) => long.Parse(cell, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "CoopGrid.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
