using System.Globalization;
using CoopGrid.Domain.Market;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Market;

/// <summary>Every number in the tables of docs/market.md is what the rule gives. Seen to fail with one digit of each table changed.</summary>
public sealed class WorkedMarketTests
{
    private const string Head = "| member | units/s | at up to | won | lost | over the cap | charge |";

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

    private static string[][] Table(int place)
    {
        string[] parts = File.ReadAllText(Path.Combine(Root(), "docs", "market.md")).Split(Head);
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
