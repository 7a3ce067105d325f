using CoopGrid.LoadTest.Checking;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Tests.Checking;

public sealed class CheckerTests
{
    private static readonly Standings Before = new(7, 30, [new("alice", 100, 20), new("bob", 50, 10)]);
    private static readonly Standings After = new(7, 42, [new("alice", 105, 25), new("bob", 57, 17)]);
    private static readonly Recording Told = new(1, "run", "town", "people", Before, [new("alice", 5), new("bob", 7)], []);

    [Fact]
    public void Books_that_agree_are_clean()
    {
        CheckReport report = Checker.Check(Told, After, oneSlice: true, windowSlices: 10);
        Assert.True(report.Clean);
        Assert.Equal((12L, 12L, 42L, 42L, 12L), (report.ToldUnits, report.MembersGrewUnits, report.UsageUnits, report.MembersWindowUnits, report.UsageGrewUnits));
    }

    [Theory]
    [InlineData(-1, "alice was told 5 units and was charged 4: -1.")]
    [InlineData(1, "alice was told 5 units and was charged 6: +1.")]
    [InlineData(5, "alice was told 5 units and was charged 10: +5.")]
    public void A_lost_or_doubled_unit_of_a_member_is_found(long wrong, string expected)
    {
        Standings books = new(7, 42 + wrong, [new("alice", 105 + wrong, 25 + wrong), new("bob", 57, 17)]);
        CheckReport report = Checker.Check(Told, books, oneSlice: true, windowSlices: 10);
        Assert.Equal(expected, report.Problems[0]);
    }

    [Fact]
    public void A_class_that_differs_from_its_members_is_found()
    {
        CheckReport report = Checker.Check(Told, After with { UsageUnits = 41 }, oneSlice: true, windowSlices: 10);
        Assert.Equal(["S is 41, but its members' windows add up to 42: -1.", "S grew by 11, callers were told 12: -1."], report.Problems);
    }

    [Fact]
    public void Charges_of_members_who_never_asked_are_found()
    {
        Standings books = new(7, 45, [.. After.Members, new("carol", 3, 3)]);
        CheckReport report = Checker.Check(Told, books, oneSlice: true, windowSlices: 10);
        Assert.Contains("carol was told 0 units and was charged 3: +3.", report.Problems);
    }

    [Fact]
    public void A_member_who_was_told_and_is_gone_is_found()
    {
        Recording recording = Told with { Told = [.. Told.Told, new("dave", 2)] };
        Assert.Contains("dave was told 2 units and is not in the class.", Checker.Check(recording, After, true, 10).Problems);
    }

    [Fact]
    public void When_slices_left_the_window_the_growth_of_S_says_nothing_but_totals_do()
    {
        Standings later = new(8, 17, [new("alice", 105, 0), new("bob", 57, 17)]);
        CheckReport report = Checker.Check(Told, later, oneSlice: true, windowSlices: 10);
        Assert.True(report.Clean);
        Assert.Null(report.UsageGrewUnits);
    }

    [Fact]
    public void Open_questions_and_unsettled_slices_are_not_clean()
    {
        Recording open = Told with { Open = [new("alice", "k", "", 1, false)] };
        Assert.False(Checker.Check(open, After, oneSlice: true, windowSlices: 10).Clean);
        Assert.False(Checker.Check(Told, After, oneSlice: false, windowSlices: 10).Clean);
    }

    [Fact]
    public void A_policy_is_read_whatever_its_enums_look_like()
    {
        PolicyFacts facts = PolicyFacts.Parse("""
            { "entry": "Metered", "window": { "sliceMs": 250, "slices": 4, "graceMs": 5 }, "capacity": { "maxRequestUnits": 9 },
              "lanes": [ { "name": "std", "priority": 1 }, { "name": "sos", "priority": 0, "needsEntitlement": true } ] }
            """);
        Assert.Equal((true, 250L, 4, 5L, 9L, "sos"), (facts.Metered, facts.SliceMs, facts.Slices, facts.GraceMs, facts.MaxRequestUnits, facts.CriticalLane));
        Assert.Equal(["sos"], facts.Entitled);
        Assert.Equal((false, 3_600_000L, "critical"), (PolicyFacts.Parse("{}").Metered, PolicyFacts.Parse("{}").SliceMs, PolicyFacts.Parse("{}").CriticalLane));
    }
}
