using CoopGrid.LoadTest.Cluster.Outage;

namespace CoopGrid.LoadTest.Tests.Cluster;

public sealed class OutageReportTests
{
    private const double Gone = 10_000, Back = 20_000, Until = 30_000;

    [Fact]
    public void Calls_that_fail_at_once_and_a_rate_that_is_back_at_once_are_as_they_must_be()
    {
        OutageReport report = Report([.. Steady(0, Gone), .. Steady(Gone, Back, failed: true), .. Steady(Back, Until)]);
        Assert.True(report.IsMet);
        Assert.Equal((100, 100, 0), (report.AskedPerSecond, report.ServedPerSecond, report.AdmittedWhileGone));
        Assert.Equal((0, 0), (report.FullSecondMs, report.FullRateMs));
        Assert.Equal((1000, 1000, 5, 5, 5, 0), Of(report, CallKind.Unary));
        Assert.Empty(report.Latest);
    }

    [Fact]
    public void A_call_counts_as_late_beyond_its_limit_and_the_slack()
    {
        var limit = new OutageCall(CallKind.Hurried, 300, Gone + 100, Gone + 100 + 300 + OutageReport.SlackMs, 1, 0, 1);
        OutageCall late = limit with { EndedMs = limit.EndedMs + 1 };
        Assert.True(Report([.. Steady(0, Gone), limit, .. Steady(Back, Until)]).IsMet);
        OutageReport report = Report([.. Steady(0, Gone), limit, late, .. Steady(Back, Until)]);
        Assert.False(report.IsMet);
        Assert.Equal((300, 2, 550, 551, 551, 1), Of(report, CallKind.Hurried));
        Assert.Equal([new LateCall("Hurried", 100, 551)], report.Latest);
    }

    [Fact]
    public void A_call_that_was_sent_before_and_fails_after_it_counts()
    {
        OutageReport report = Report([.. Steady(0, Gone), new(CallKind.Stream, 1000, Gone - 500, Gone + 1000, 8, 3, 5), .. Steady(Back, Until)]);
        Assert.Equal((1000, 1, 1500, 1500, 1500, 1), Of(report, CallKind.Stream));
        Assert.False(report.IsMet);
    }

    [Fact]
    public void Nothing_is_admitted_without_the_store_but_what_was_before()
    {
        var told = new OutageCall(CallKind.Again, 1000, Gone + 1000, Gone + 1001, 1, 1, 0);
        Assert.True(Report([.. Steady(0, Gone), told, .. Steady(Back, Until)]).IsMet);
        OutageReport report = Report([.. Steady(0, Gone), told with { Kind = CallKind.Unary }, .. Steady(Back, Until)]);
        Assert.Equal(1, report.AdmittedWhileGone);
        Assert.False(report.IsMet);
    }

    [Fact]
    public void The_full_rate_is_back_when_no_second_is_below_it_any_more()
    {
        // Nothing for two seconds, then all, and a dip of a tenth of a second at the seventh.
        OutageReport report = Report(
            [.. Steady(0, Gone), .. Steady(Back, Back + 2000, failed: true), .. Steady(Back + 2000, Back + 7000), .. Steady(Back + 7000, Back + 7100, failed: true), .. Steady(Back + 7100, Until)]);
        Assert.Equal((2000, 7100), (report.FullSecondMs, report.FullRateMs));
        Assert.False(report.IsMet);
    }

    [Fact]
    public void What_is_admitted_after_its_limit_is_no_service()
    {
        IEnumerable<OutageCall> slow = Steady(Back, Back + 3000).Select(call => call with { EndedMs = call.SentMs + 1001 });
        Assert.Equal(3000, Report([.. Steady(0, Gone), .. slow, .. Steady(Back + 3000, Until)]).FullRateMs);
    }

    [Fact]
    public void Without_an_answer_the_full_rate_never_is_back()
    {
        OutageReport report = Report([.. Steady(0, Gone)]);
        Assert.True(report.FullSecondMs >= Until - Back);
        Assert.False(report.IsMet);
    }

    private static OutageReport Report(OutageCall[] calls) => OutageReport.Of(new(Gone, Back, Until), calls);

    private static (double LimitMs, int Failed, double P50, double P99, double Max, int Late) Of(OutageReport report, CallKind kind)
    {
        FailedCalls calls = report.Failed.Single(failed => failed.Kind == $"{kind}");
        return (calls.LimitMs, calls.Failed, calls.FailedP50Ms, calls.FailedP99Ms, calls.FailedMaxMs, calls.Late);
    }

    /// <summary>A call every ten milliseconds, each answered after five.</summary>
    private static IEnumerable<OutageCall> Steady(double from, double until, bool failed = false)
    {
        for (double at = from; at < until; at += 10) yield return new(CallKind.Unary, 1000, at, at + 5, 1, failed ? 0 : 1, failed ? 1 : 0);
    }
}
