using CoopGrid.LoadTest.Cluster.Failover;

namespace CoopGrid.LoadTest.Tests.Cluster;

/// <summary>What is said of one death: 60 members ask 600 times a second for half of which there is room; the silo of half of them dies after ten seconds.</summary>
public sealed class KillReportTests
{
    private const double DiedMs = 10_000;

    /// <summary>
    /// Served again after two seconds. Ten seconds after the death all answers of 250 ms come at once: nothing is taken away. Seen to fail with units that
    /// count when they are answered (8,300 ms).
    /// </summary>
    [Fact]
    public void The_rate_is_back_when_what_is_asked_for_is_admitted_and_a_late_answer_takes_nothing_away()
    {
        List<Ask> asks = [];
        for (int i = 0; i < 21_000; i++)
        {
            double sent = i / 0.6;
            bool isDown = i % 60 < 30 && sent >= DiedMs && sent < DiedMs + 2000;
            double answered = sent is >= 20_000 and < 20_250 ? 20_250 : sent + 2;
            asks.Add(new(i % 60, sent, answered, isDown ? Told.Failed : i % 2 == 0 ? Told.Admitted : Told.Refused, isDown ? "gone" : null));
        }

        KillReport report = KillReport.Of(1, Enumerable.Range(0, 30).ToHashSet(), 60, DiedMs, 35_000, asks);
        Assert.Equal((30, 30, 0), (report.HeldThere, report.HeldElsewhere, report.FailedElsewhere));
        Assert.InRange(report.ServedAgainMaxMs, 2000, 2150);
        Assert.InRange(report.RateBackMs, 1700, 2000);
        Assert.Equal((600, 300), (report.AskedBefore, report.RateBefore));
    }

    [Fact]
    public void A_failed_question_of_another_silos_member_is_told_with_its_words()
    {
        Ask[] asks = [new(40, 10_100, 10_200, Told.Failed, "DeadlineExceeded"), new(1, 10_100, 10_200, Told.Failed, "gone"), new(1, 10_300, 10_400, Told.Refused, null)];
        KillReport report = KillReport.Of(1, new HashSet<int> { 1 }, 60, DiedMs, 20_000, asks);
        Assert.Equal([new("DeadlineExceeded", 1, 100, 200)], report.Troubles);
        Assert.Equal((1, 400), (report.FailedElsewhere, report.ServedAgainMaxMs));
    }
}
