using System.Numerics;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Tests.Billing;
using CoopGrid.Grains.Billing;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing;

/// <summary>Random months, billed by the closing through what is stored, and by a biller that shares no code with the rules.</summary>
public sealed class BilledMonthTests
{
    private const int Members = 40;
    private const int FeeBelow = 10_000;

    /// <summary>
    /// Every line of every bill agrees, and Σ bills + rounding is the revenue. Seen to fail with κ stored as 1000.
    /// </summary>
    [Fact]
    public async Task Every_line_agrees_with_the_independent_biller()
    {
        for (int seed = 1; seed <= 60; seed++) await BillAsync(new Random(seed));
    }

    private static async Task BillAsync(Random random)
    {
        var tariff = new TariffPolicy { FixedFee = random.Next(FeeBelow), Rate = random.Next(500), ComfortPermille = random.Next(3) == 0 ? random.Next(2500) : 1000 };
        var month = new FrozenMonth(FrozenMonth.Homes, 500, tariff);
        IndependentBiller biller = History(random);
        for (int member = 0; member < Members; member++) month.Members.Add(Name(member), FiguresOf(biller, member));
        var scene = new ClosingScene(month);
        Assert.Equal(ClosingProgress.Closed, await scene.CloseAsync());

        var terms = new IndependentBiller.Terms(
            0, FrozenMonth.Slices, month.Figures.PolicyVersion, tariff.FixedFee, tariff.Rate, tariff.ComfortPermille,
            biller.S(0, FrozenMonth.Slices), biller.M(0, FrozenMonth.Slices));
        var revenue = new PlainSum();
        BigInteger charges = 0;
        foreach (Bill bill in scene.Bills)
        {
            List<IndependentBiller.Line> expected = biller.Lines(int.Parse(bill.Member.Member[1..], null), terms);
            Assert.Equal(
                expected.Select(line => (line.Kind, line.Version, line.Amount)),
                bill.Lines.Select(line => (line.Kind.ToString(), line.PolicyVersion, (BigInteger)line.Amount)));
            foreach (IndependentBiller.Line line in expected) revenue.Add(line.Above, line.Below);
            charges += bill.Charges;
        }

        Assert.Equal(revenue.Rounded, (BigInteger)scene.EpochBooks.End!.Value.Revenue);
        Assert.Equal(revenue.Rounded, charges + scene.EpochBooks.End.Value.Rounding);
    }

    private static IndependentBiller History(Random random)
    {
        var biller = new IndependentBiller();
        for (int member = 0; member < Members; member++)
        {
            if (random.Next(8) == 0) continue;
            long first = random.NextInt64(FrozenMonth.Slices), end = random.NextInt64(first, FrozenMonth.Slices) + 1;
            for (long slice = first; slice < end; slice++) biller.Enrolled.Add((member, slice));
            for (int use = random.Next(6); use > 0; use--)
            {
                string units = new string('b', random.Next(9)) + new string('r', random.Next(3)) + new string('s', random.Next(5));
                biller.Uses.Add(new(member, random.NextInt64(first, end), units, 800 + random.Next(5) * 300, random.Next(1, 4)));
            }
        }

        return biller;
    }

    private static string Name(int member) => $"m{member:D2}";

    private static MemberFigures FiguresOf(IndependentBiller biller, int member)
    {
        IndependentBiller.Use[] own = [.. biller.Uses.Where(use => use.Member == member)];
        return new()
        {
            EnrolledSlices = biller.Enrolled.Count(at => at.Member == member),
            Units = own.Sum(use => use.Units.Count(unit => unit != 'r')),
            Surged =
            [
                .. own.Where(use => use.Multiplier > 1000)
                    .GroupBy(use => (use.Version, use.Multiplier), use => use.Units.Count(unit => unit == 's'))
                    .Select(group => new SurgedUnits(group.Key.Version, group.Key.Multiplier, group.Sum()))
                    .Where(group => group.Units > 0)
                    .OrderBy(group => (group.PolicyVersion, group.MultiplierPermille)),
            ],
        };
    }
}
