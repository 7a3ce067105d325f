using System.Globalization;
using System.Numerics;
using CoopGrid.Domain.Billing;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing;

/// <summary>Every number in the tables of docs/billing.md is what the rule gives. Seen to fail with one digit of each table changed.</summary>
public sealed class WorkedExamplesTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Root(), "docs", "billing.md"));

    public static TheoryData<string> Seed => Rows("A fixed fee, and a rate above the mean", 7);

    public static TheoryData<string> Splitting => Rows("Splitting a household", 10);

    public static TheoryData<string> Parts => Rows("Enrolled for a part, and a comfort factor", 8);

    public static TheoryData<string> Surcharges => Rows("Surcharges", 7);

    public static TheoryData<string> Late => Rows("Late units", 3);

    [Theory]
    [MemberData(nameof(Seed))]
    public void The_seed_formula(string row)
    {
        string[] cells = Cells(row);
        long[] used = Numbers(cells[0]);
        ClassFigures figures = Throughout(used.Sum(), used.Length, Number(cells[2]), Number(cells[3]));
        Bill bill = BillOf(figures, Number(cells[1]));
        Assert.Contains(Number(cells[1]), used);
        Assert.Equal((cells[4], cells[5], cells[6]), (Fraction(used.Sum(), used.Length), Shown(bill.Lines[1].Amount), Shown(bill.Total)));
    }

    [Theory]
    [MemberData(nameof(Splitting))]
    public void Splitting_a_household(string row)
    {
        string[] cells = Cells(row);
        string[] others = cells[0].Split(" × ");
        (long members, long each, long household, long fee, long rate) = (Number(others[0]), Number(others[1]), Number(cells[1]), Number(cells[2]), Number(cells[3]));
        long usage = (members * each) + household;
        long[] bills = [.. Enumerable.Range(1, 3).Select(parts => Split(parts))];
        Assert.Equal(cells[4], Fraction(usage, members + 1));
        Assert.Equal(cells[5], YesNo(rate * usage > fee * (members + 1)));
        Assert.Equal(cells[6..9], bills.Select(Shown));
        Assert.Equal(cells[9], YesNo(Math.Min(bills[1], bills[2]) < bills[0]));

        long Split(int parts)
        {
            ClassFigures figures = Throughout(usage, members + parts, fee, rate);
            return Enumerable.Range(0, parts).Sum(part => BillOf(figures, (household / parts) + (part < household % parts ? 1 : 0)).Total);
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void Enrolled_for_a_part(string row)
    {
        string[] cells = Cells(row);
        var tariff = new TariffPolicy { FixedFee = Number(cells[0]), Rate = Number(cells[1]), ComfortPermille = (int)Number(cells[2]) };
        ClassFigures figures = Facts.Figures(Number(cells[6]), Number(cells[7]), Number(cells[4]), tariff);
        var lines = BillRule.Rate(figures, Facts.Used(Number(cells[5]), Number(cells[3])));
        Assert.Equal(cells[8..], lines.Select(line => Shown(line.Amount)));
    }

    [Theory]
    [MemberData(nameof(Surcharges))]
    public void Surcharge(string row)
    {
        string[] cells = Cells(row);
        var usage = new EpochUsage(new(0, 0, 1));
        foreach (string group in cells[1].Split(", "))
        {
            string[] words = group.Split(" at ");
            usage.Add(Facts.Admitted(0, new(0, 0, 0, 0, Number(words[0])), (int)Number(words[1])));
        }

        var lines = BillRule.Rate(Throughout(1_000_000, 1, 0, Number(cells[0])), usage.Figures()).OfType<SurchargeLine>().ToArray();
        Assert.Equal(cells[2], Shown(lines.Sum(line => line.Amount)));
    }

    [Theory]
    [MemberData(nameof(Late))]
    public void Late_units(string row)
    {
        string[] cells = Cells(row);
        ClassFigures frozen = Throughout(Number(cells[1]), Number(cells[2]), 0, Number(cells[0]));
        MemberFigures rated = Facts.Used(Number(cells[3]), 1);
        Assert.Equal(cells[4], Shown(BillRule.Rate(frozen, rated)[1].Amount));
        List<string> adjustments = [];
        foreach (long late in Numbers(cells[5]))
        {
            Rerating rerating = RerateRule.Adjust(frozen, rated, Facts.Used(late, 0));
            adjustments.Add(Shown(rerating.Lines.Sum(line => line.Amount)));
            rated = rerating.Rated;
        }

        Assert.Equal((cells[6], cells[7]), (string.Join(", ", adjustments), Shown(BillOf(frozen, rated.Units).Total)));
    }

    private static ClassFigures Throughout(long usage, long members, long fee, long rate) => Facts.Figures(usage, members, 1, new() { FixedFee = fee, Rate = rate });

    private static Bill BillOf(ClassFigures figures, long units) => BillRule.Project(Facts.Member("household"), figures, Facts.Used(units, 1), []);

    private static TheoryData<string> Rows(string heading, int count)
    {
        string section = Document.Split($"\n## {heading}\n")[1].Split("\n## ")[0];
        string[] rows = [.. section.Split('\n').Where(line => line.StartsWith('|')).Skip(2)];
        Assert.Equal(count, rows.Length);
        return [.. rows];
    }

    private static string[] Cells(string row) => [.. row.Trim('|').Split('|').Select(cell => cell.Trim())];

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowThousands | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static long[] Numbers(string text) => [.. text.Split(", ").Select(Number)];

    private static string Shown(long amount) => amount.ToString("N0", CultureInfo.InvariantCulture);

    private static string Fraction(long above, long below)
    {
        var divisor = (long)BigInteger.GreatestCommonDivisor(above, below);
        return below == divisor ? Shown(above / divisor) : $"{Shown(above / divisor)}/{Shown(below / divisor)}";
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "CoopGrid.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("CoopGrid.sln is in no folder above the tests");
    }
}
