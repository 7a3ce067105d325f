using CoopGrid.LoadTest.Cluster.MassRecovery;

namespace CoopGrid.LoadTest.Tests.Cluster;

public sealed class RecoveryReportTests
{
    private const double Died = 10_000;

    [Fact]
    public void First_questions_are_told_apart_by_whether_the_death_was_known()
    {
        FirstTouch[] touches = [Touch(0, 1500), Touch(500, 1600), Touch(1400, 1402), Touch(2000, 2010), Touch(3000, 3100)];
        RecoveryReport report = RecoveryReport.Of(new(Died, Died + 60_000), touches, [Sample(-200, 0), Sample(1200, 0), Sample(1400, 1), Sample(9000, 1), Sample(70_000, 2)]);
        Assert.Equal((1400, 1402), (report.SealedMs, report.FirstAnswerMs));
        Assert.Equal(new TouchTimes(2, 1100, 1500, 1500, 1500, 1), report.AskedBeforeSeal);
        Assert.Equal(new TouchTimes(3, 10, 100, 100, 100, 1), report.AskedAfterSeal);
        Assert.Equal((60_000, 70_000), (report.AllAnsweredMs, report.DrainedMs));
    }

    [Fact]
    public void What_did_not_happen_has_no_time()
    {
        RecoveryReport report = RecoveryReport.Of(new(Died, Died + 1000), [], [Sample(-1, 0), Sample(1, 0)]);
        Assert.Equal((null, null, null), (report.SealedMs, report.FirstAnswerMs, report.DrainedMs));
        Assert.Equal(0, report.AskedBeforeSeal.Count);
    }

    [Fact]
    public void Percentiles_are_of_the_ordered_times()
    {
        TouchTimes times = TouchTimes.Of(Enumerable.Range(1, 200).Reverse().Select(i => new FirstTouch(0, i, i > 198 ? 2 : 1, true)));
        Assert.Equal(new TouchTimes(200, 100, 180, 198, 200, 1.01), times);
    }

    [Fact]
    public void The_database_is_told_apart_before_and_after_and_its_rate_is_over_two_seconds()
    {
        // A hundred transactions a second before; after it ten thousand in one second, and none in the others.
        DatabaseSample[] samples =
        [
            new(Died - 2000, 30, 1, 0, 1000, 0), new(Died - 1000, 31, 2, 0, 1100, 0), new(Died - 100, 30, 1, 0, 1190, 0),
            new(Died, 30, 1, 0, 1200, 0), new(Died + 1000, 40, 9, 3, 1200, 1), new(Died + 2000, 55, 4, 0, 11_200, 1), new(Died + 3000, 50, 1, 0, 11_200, 1), new(Died + 4000, 50, 1, 0, 11_200, 2),
        ];
        RecoveryReport report = RecoveryReport.Of(new(Died, Died), [], samples);
        Assert.Equal(new DatabaseLoad(31, 2, 0, 100, 0), report.DatabaseBefore);
        Assert.Equal(new DatabaseLoad(55, 9, 3, 2500, 5000), report.DatabaseAfter);
    }

    private static FirstTouch Touch(double asked, double answered) => new(Died + asked, Died + answered, 1, true);

    private static DatabaseSample Sample(double at, int state) => new(Died + at, 0, 0, 0, 0, state);
}
