using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.LoadTest.Schedule;

namespace CoopGrid.LoadTest.Tests.Chaos;

public sealed class CapacityJudgeTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void An_admission_that_may_have_been_decided_outside_is_not_held_against_anybody()
    {
        PlacedAdmission[] wide = [At(0, 1, 100), At(0, Second, 100)];
        Assert.Null(CapacityJudge.Find(wide, 1000, 100));
        PlacedAdmission[] narrow = [At(0, 1, 100), At(0, Second / 1000, 100)];
        Excess excess = CapacityJudge.Find(narrow, 1000, 100)!;
        Assert.Equal((0, Second / 1000, 200, 101), (excess.From, excess.To, excess.Units, excess.MostUnits));
    }

    [Fact]
    public void Exactly_full_is_not_over()
    {
        Assert.Null(CapacityJudge.Find([At(0, 0, 60), At(10_000, 10_000, 50)], 1000, 100));
        Assert.NotNull(CapacityJudge.Find([At(0, 0, 60), At(10_000, 10_000, 51)], 1000, 100));
        Assert.Null(CapacityJudge.Find([], 1000, 100));
    }

    /// <summary>Against an oracle that tries every interval.</summary>
    [Fact]
    public void It_finds_an_excess_exactly_when_there_is_one()
    {
        int over = 0;
        for (ulong seed = 0; seed < 2000; seed++)
        {
            var chance = new SplitMix(seed);
            PlacedAdmission[] admissions = [.. Enumerable.Range(0, 1 + chance.Below(12)).Select(_ =>
            {
                long from = chance.Below(seed % 2 == 0 ? 50 : 500) * 1000;
                return At(from, from + (chance.Below(20) * 1000), 1 + chance.Below(30));
            })];
            Excess? found = CapacityJudge.Find(admissions, 1000, 60);
            Assert.Equal(Tried(admissions, 1000, 60), found is not null);
            if (found is null) continue;
            over++;
            Assert.Equal(found.Units, found.Within.Sum(admission => admission.Units));
            Assert.All(found.Within, admission => Assert.True(admission.From >= found.From && admission.To <= found.To));
            Assert.True(found.Units * Second > (1000 * (found.To - found.From)) + (60 * Second));
        }

        Assert.InRange(over, 200, 1800);
    }

    private static bool Tried(PlacedAdmission[] admissions, long perSecond, long burst) => admissions.Any(first => admissions.Any(last => last.To >= first.From
        && admissions.Where(each => each.From >= first.From && each.To <= last.To).Sum(each => each.Units) * Second > (perSecond * (last.To - first.From)) + (burst * Second)));

    private static PlacedAdmission At(long from, long to, long units) => new(from, to, units, null!);
}
