using System.Globalization;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>Every number in the tables of docs/bank.md is what the rule gives. Seen to fail with one digit of each table changed.</summary>
public sealed class WorkedBanksTests
{
    private const long Ample = 1_000_000_000;

    private static readonly string Document = File.ReadAllText(Path.Combine(Root(), "docs", "bank.md"));

    public static TheoryData<string> Savings => Rows("Saving", 7);

    public static TheoryData<string> Spendings => Rows("Spending", 5);

    public static TheoryData<string> Decays => Rows("Decay", 4);

    [Theory]
    [MemberData(nameof(Savings))]
    public void Saving(string row)
    {
        long[] cells = Cells(row);
        var history = new BankHistory(new(0, false, cells[1], (int)cells[2], new() { SharePermille = (int)cells[0], CapUnits = Ample }));
        history.Close(cells[4] - 1, true);
        SliceUnits[] used = [.. Enumerable.Range(0, cells[3] == 0 ? 0 : (int)cells[4]).Select(slice => new SliceUnits(slice, cells[3]))];
        Assert.Equal(cells[5], BankRule.Settle(BankAccount.Opened(0), history, used).SavedUnits);
    }

    [Theory]
    [MemberData(nameof(Spendings))]
    public void Spending(string row)
    {
        long[] cells = Cells(row);
        BankAccount bank = new(cells[2], 0, 0, cells[2], 0, 0, 0);
        Covered covered = Covering.Of(cells[0], new(false, 0, cells[1], bank.Held, (int)cells[3]));
        long[] given = [covered.Baseline, covered.Banked, covered.Surged, bank.Spend(covered.Banked).Held];
        Assert.Equal(cells[4..], given);
        Assert.Equal(bank, bank.Spend(covered.Banked).GiveBack(covered.Banked));
    }

    [Theory]
    [MemberData(nameof(Decays))]
    public void Decay(string row)
    {
        long[] cells = Cells(row);
        var bank = new BankPolicy { DecayPermille = (int)cells[1] };
        var history = new BankHistory(new(0, false, 0, 1, bank));
        for (long epoch = 1; epoch <= 3; epoch++) history.Add(new(epoch, true, 0, 1, bank));
        history.Close(3, true);
        BankAccount held = new(cells[0], 0, 0, cells[0], 0, 0, -1);
        long lost = BankRule.Settle(held, history, []).DecayedUnits;
        long[] after = [.. Enumerable.Range(0, 3).Select(slice => BankRule.Settle(held, history, [], slice).Account.Held), lost];
        Assert.Equal(cells[2..], after);
    }

    private static TheoryData<string> Rows(string heading, int count)
    {
        string section = Document.Split($"\n## {heading}\n")[1].Split("\n## ")[0];
        string[] rows = [.. section.Split('\n').Where(line => line.StartsWith('|')).Skip(2)];
        Assert.Equal(count, rows.Length);
        return [.. rows];
    }

    private static long[] Cells(string row) =>
        [.. row.Trim('|').Split('|').Select(cell => long.Parse(cell.Trim(), NumberStyles.AllowThousands, CultureInfo.InvariantCulture))];

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "CoopGrid.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("CoopGrid.sln is in no folder above the tests");
    }
}
