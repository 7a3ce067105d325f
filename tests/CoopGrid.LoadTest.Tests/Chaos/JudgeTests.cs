using CoopGrid.LoadTest.Chaos.Judging;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Tests.Chaos;

/// <summary>Each kind of violation is planted, and found with the calls that show it; what only looks like one is not.</summary>
public sealed class JudgeTests
{
    [Fact]
    public void A_history_with_everything_that_may_happen_is_clean()
    {
        Told told = new Told()
            .Add("ann", "1").Reviewed("ann", "1")
            // Unknown, and charged all the same.
            .Add("ann", "2", 5, Outcome.Unavailable).Add("ann", "2", 5, replayed: true).Reviewed("ann", "2", 5)
            // Unknown, and not charged: decided when it is asked again.
            .Add("ann", "3", 7, Outcome.Unavailable).Add("ann", "3", 7).Reviewed("ann", "3", 7)
            // Refused, once after an unknown attempt.
            .Add("ann", "4", 9, Outcome.CapacityExceeded)
            .Add("ann", "5", 9, Outcome.Unavailable).Add("ann", "5", 9, Outcome.CapacityExceeded).Add("ann", "5", 9, Outcome.QuotaExceeded, phase: CallPhase.Review)
            // Given back in part and wholly.
            .Add("bob", "1", 10).Cancel("bob", "1", 4).Reviewed("bob", "1", 10)
            .Add("bob", "2", 10).Cancel("bob", "2", 10, Outcome.Unavailable, 0).Cancel("bob", "2", 10).Add("bob", "2", 10, Outcome.KeyCancelled, phase: CallPhase.Review)
            // Relaxed and lost, then charged when reviewed; relaxed, lost and refused.
            .Add("bob", "3", 3, kind: CallKind.AdmitRelaxed).Add("bob", "3", 3, kind: CallKind.AdmitRelaxed, phase: CallPhase.Review)
            .Add("bob", "4", 3, kind: CallKind.AdmitRelaxed).Add("bob", "4", 3, Outcome.CapacityExceeded, kind: CallKind.AdmitRelaxed, phase: CallPhase.Review);
        Assert.Empty(told.Against(("ann", 13), ("bob", 9), ("idle", 0)));
    }

    [Theory]
    [InlineData(Outcome.CapacityExceeded, false)]
    [InlineData(Outcome.Admitted, false)]
    [InlineData(Outcome.KeyCancelled, false)]
    public void A_durable_admission_that_is_denied_later_is_lost(Outcome later, bool replayed)
    {
        IReadOnlyList<Violation> found = new Told().Add("ann", "1").Reviewed("ann", "1")
            .Add("bob", "1").Add("bob", "1", told: later, replayed: replayed, phase: CallPhase.Review).Against(("ann", 1), ("bob", later == Outcome.Admitted ? 1 : 0));
        Violation lost = Assert.Single(found, violation => violation.Kind == ViolationKind.Lost);
        Assert.Equal(2, lost.Evidence.Count);
        Assert.All(lost.Evidence, call => Assert.Equal("bob", call.Member));
    }

    [Fact]
    public void A_durable_key_that_a_cancel_does_not_find_is_lost()
    {
        IReadOnlyList<Violation> found = new Told().Add("ann", "1").Cancel("ann", "1", 1, Outcome.MemberUnknown, 0).Reviewed("ann", "1").Against(("ann", 1));
        Assert.Equal(ViolationKind.Lost, Assert.Single(found).Kind);
    }

    [Fact]
    public void Less_charged_than_told_is_lost_and_the_key_that_explains_it_is_shown()
    {
        IReadOnlyList<Violation> found = new Told().Add("ann", "1", 2).Reviewed("ann", "1", 2)
            .Add("ann", "2", 5, Outcome.Unavailable).Add("ann", "2", 5, replayed: true).Reviewed("ann", "2", 5).Against(("ann", 2));
        Violation lost = Assert.Single(found);
        Assert.Equal(ViolationKind.Lost, lost.Kind);
        Assert.All(lost.Evidence, call => Assert.Equal("2", call.Key));
    }

    [Fact]
    public void A_member_that_is_gone_is_lost()
    {
        IReadOnlyList<Violation> found = new Told().Add("ann", "1").Reviewed("ann", "1").Against(("bob", 0));
        Assert.Equal(ViolationKind.Lost, Assert.Single(found).Kind);
    }

    [Fact]
    public void A_key_decided_twice_is_doubled()
    {
        IReadOnlyList<Violation> found = new Told().Add("ann", "1", asked: 0, answered: 900).Add("ann", "1", asked: 100, answered: 800).Reviewed("ann", "1").Against(("ann", 1));
        Assert.Equal(ViolationKind.Doubled, Assert.Single(found).Kind);
    }

    [Fact]
    public void More_charged_than_told_is_doubled()
    {
        IReadOnlyList<Violation> found = new Told().Add("ann", "1", 3).Reviewed("ann", "1", 3).Against(("ann", 6));
        Assert.Equal(ViolationKind.Doubled, Assert.Single(found).Kind);
    }

    [Fact]
    public void A_charge_of_somebody_who_asked_for_nothing_is_unasked()
    {
        IReadOnlyList<Violation> found = new Told().Add("ann", "1").Reviewed("ann", "1").Against(("ann", 1), ("bob", 2));
        Assert.Equal(ViolationKind.Unasked, Assert.Single(found).Kind);
    }

    [Fact]
    public void A_mean_that_is_off_in_S_or_in_N_or_in_its_window_is_found()
    {
        ClassBook right = Told.Book(("ann", 1), ("bob", 0));
        IReadOnlyList<CallRecord> calls = new Told().Add("ann", "1").Reviewed("ann", "1").Calls;
        Assert.Empty(ChaosJudge.Judge([.. calls], [right]));
        Assert.Equal(ViolationKind.MeanOff, Assert.Single(ChaosJudge.Judge([.. calls], [right with { UsageUnits = 2 }])).Kind);
        Assert.Equal(ViolationKind.MeanOff, Assert.Single(ChaosJudge.Judge([.. calls], [right with { MemberCount = 3 }])).Kind);
        Assert.Equal(ViolationKind.MeanOff, Assert.Single(ChaosJudge.Judge([.. calls], [right with { OneSlice = false }])).Kind);
        MemberBook[] noWindow = [new("ann", 1, 0), new("bob", 0, 0)];
        Assert.Equal(ViolationKind.MeanOff, Assert.Single(ChaosJudge.Judge([.. calls], [right with { UsageUnits = 0, Members = noWindow }])).Kind);
    }

    [Fact]
    public void A_question_without_an_answer_is_stuck()
    {
        IReadOnlyList<Violation> found = new Told().Add("ann", "1", told: Outcome.Unavailable).Add("ann", "1", told: Outcome.Unavailable, phase: CallPhase.Review)
            .Add("bob", "1").Against(("ann", 0), ("bob", 1));
        Violation stuck = Assert.Single(found);
        Assert.Equal(ViolationKind.Stuck, stuck.Kind);
        Assert.Equal(2, stuck.Evidence.Count);
    }

    [Fact]
    public void A_cancel_without_an_answer_is_stuck()
    {
        IReadOnlyList<Violation> found = new Told().Add("ann", "1", 5).Cancel("ann", "1", 5, Outcome.Unavailable, 0).Reviewed("ann", "1", 5).Against(("ann", 5));
        Assert.Equal(ViolationKind.Stuck, Assert.Single(found).Kind);
    }

    [Fact]
    public void Slices_that_do_not_close_are_stuck()
    {
        ClassBook behind = Told.Book(("ann", 0)) with { ClosedBehind = BooksJudge.MostBehind + 1 };
        Assert.Equal(ViolationKind.Stuck, Assert.Single(ChaosJudge.Judge([], [behind])).Kind);
    }

    [Fact]
    public void An_answer_that_nothing_explains_is_wrong()
    {
        Assert.Equal(ViolationKind.WrongAnswer, Assert.Single(new Told().Add("ann", "1", told: Outcome.MemberUnknown).Against(("ann", 0))).Kind);
        Assert.Equal(ViolationKind.WrongAnswer, Assert.Single(new Told().Add("ann", "1", told: Outcome.KeyCancelled).Against(("ann", 0))).Kind);
        IReadOnlyList<Violation> found = new Told().Add("ann", "1", 5).Cancel("ann", "1", 5, returned: 3).Reviewed("ann", "1", 5).Against(("ann", 2));
        Assert.Equal(ViolationKind.WrongAnswer, Assert.Single(found).Kind);
    }

    [Fact]
    public void Over_capacity_is_found_with_the_admissions_of_the_interval_alone()
    {
        var told = new Told();
        // B = 100 at 1,000 a second: 90 and 60 within 20 ms are 30 too many, whenever in it they were decided.
        told.Add("ann", "1", 10, asked: 0, answered: 1000).Add("ann", "2", 90, asked: 500_000, answered: 510_000).Add("bob", "3", 60, asked: 505_000, answered: 520_000);
        told.Reviewed("ann", "1", 10).Reviewed("ann", "2", 90).Reviewed("bob", "3", 60);
        Violation over = Assert.Single(told.Against(("ann", 100), ("bob", 60)));
        Assert.Equal(ViolationKind.OverCapacity, over.Kind);
        Assert.Equal(["2", "3"], over.Evidence.Select(call => call.Key));
    }
}
