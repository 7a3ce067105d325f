using CoopGrid.Domain.Admission;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Admission;

/// <summary>A member's own limits, exactly.</summary>
public sealed class LimitTests
{
    private static readonly QuotaPolicy Ten = new() { UnitsPerSecond = 10, BurstUnits = 100 };

    /// <summary>
    /// However requests and time mix, what the bucket admits is what one that keeps its level as a fraction in big integers admits, and the wait
    /// it names is the first millisecond at which the request fits.
    /// </summary>
    [Fact]
    public void The_bucket_is_exact() =>
        Gen.Select(Gen.Long[1, 1_000_000], Gen.Long[1, 1_000_000], Gen.Select(Gen.Long[0, 3_000_000], Gen.Long[1, 1_000_000]).Array[1, 40]).Sample(
            (rate, burst, steps) =>
            {
                var quota = new QuotaPolicy { UnitsPerSecond = rate, BurstUnits = burst };
                QuotaBucket bucket = default;
                var now = Instant.FromUnixMs(1_000_000);
                Int128 level = (Int128)burst * 1_000_000;
                foreach ((long micros, long wanted) in steps)
                {
                    now = new(now.UnixMicroseconds + micros);
                    level = Int128.Min((Int128)burst * 1_000_000, level + ((Int128)micros * rate));
                    long units = Math.Min(wanted, burst);
                    bucket = bucket.FlowTo(now, quota);
                    long wait = bucket.MsUntil(units, quota);
                    bool fits = level >= (Int128)units * 1_000_000;
                    Assert.Equal(fits, wait == 0);
                    if (!fits)
                    {
                        Assert.Equal(0, bucket.FlowTo(now.PlusMs(wait), quota).MsUntil(units, quota));
                        Assert.NotEqual(0, bucket.FlowTo(now.PlusMs(wait - 1), quota).MsUntil(units, quota));
                        continue;
                    }

                    bucket = bucket.Spend(units, quota);
                    level -= (Int128)units * 1_000_000;
                }
            },
            iter: 3000);

    [Fact]
    public void Time_that_goes_back_lets_nothing_flow()
    {
        QuotaBucket spent = default(QuotaBucket).FlowTo(Scene.Now, Ten).Spend(100, Ten);
        Assert.Equal(spent, spent.FlowTo(Scene.Now.PlusMs(-5000), Ten));
        Assert.Equal(50_000_000, spent.FlowTo(Scene.Now.PlusMs(5000), Ten).SpentMicroUnits);
    }

    [Fact]
    public void Without_a_rate_nothing_is_kept_and_nothing_waits()
    {
        var none = new QuotaPolicy();
        Assert.Equal(0, default(QuotaBucket).FlowTo(Scene.Now, none).Spend(1_000_000, none).SpentMicroUnits);
        Assert.Equal(0, new QuotaBucket(long.MaxValue / 2, Scene.Now).FlowTo(Scene.Now, none).MsUntil(1_000_000, none));
    }

    [Fact]
    public void The_rate_is_charged_by_admissions_only_and_says_when_to_retry()
    {
        var scene = new Scene { Units = 60 };
        scene.Policy = scene.Policy with { Quota = Ten };
        Domain.Usage.MemberAccount account = scene.Build();
        account.Apply(scene.Decide(account).Entry!);
        scene.Key = "second";
        AdmissionAnswer refused = scene.Decide(account).Answer;
        Assert.Equal((Outcome.QuotaExceeded, 2000 + 1), (refused.Outcome, refused.RetryAfterMs));
        Assert.Equal(refused, scene.Decide(account).Answer);
    }

    /// <summary>The member has used 20 units in the running slice and 30 in the one before; its window's limit says how many more.</summary>
    [Theory]
    [InlineData(55, null)]
    [InlineData(54, 167)]
    [InlineData(25, 167)]
    [InlineData(24, 168)]
    [InlineData(5, 168)]
    [InlineData(0, null)]
    public void The_windows_limit_includes_the_request_and_says_when_enough_has_left_the_window(long limit, int? slices)
    {
        var scene = new Scene();
        scene.Policy = scene.Policy with { Quota = new() { WindowUnits = limit } };
        AdmissionAnswer answer = scene.Decide().Answer;
        Assert.Equal(slices is null ? Outcome.Admitted : Outcome.QuotaExceeded, answer.Outcome);
        if (slices is { } wait) Assert.Equal(scene.Policy.Window.StartOf(Scene.Slice + wait).UnixMs - Scene.Now.UnixMs, answer.RetryAfterMs);
    }

    [Fact]
    public void More_than_the_windows_limit_is_refused_without_a_time()
    {
        var scene = new Scene();
        scene.Policy = scene.Policy with { Quota = new() { WindowUnits = 4 } };
        AdmissionAnswer answer = scene.Decide().Answer;
        Assert.Equal((Outcome.QuotaExceeded, 0L), (answer.Outcome, answer.RetryAfterMs));
        Assert.Contains("ask for less", answer.Reason, StringComparison.Ordinal);
    }
}
