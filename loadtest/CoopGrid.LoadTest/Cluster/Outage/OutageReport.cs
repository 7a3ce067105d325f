namespace CoopGrid.LoadTest.Cluster.Outage;

/// <summary>When the store went and came back. In ms of the run.</summary>
/// <param name="GoneMs">From when on it did not answer.</param>
/// <param name="BackMs">From when on it took connections again.</param>
/// <param name="UntilMs">How long callers were watched.</param>
internal readonly record struct OutageTimes(double GoneMs, double BackMs, double UntilMs);

/// <summary>What callers of one kind saw of an outage.</summary>
/// <param name="Kind">How they ask.</param>
/// <param name="LimitMs">Within this a call must fail.</param>
/// <param name="Failed">Calls that failed, or of a batch: in which a request did.</param>
/// <param name="FailedP50Ms">How long these took.</param>
/// <param name="Late">Those that took longer than the limit and <see cref="OutageReport.SlackMs"/>.</param>
internal sealed record FailedCalls(string Kind, double LimitMs, int Failed, double FailedP50Ms, double FailedP99Ms, double FailedMaxMs, int Late)
{
    public static FailedCalls Of(CallKind kind, IEnumerable<OutageCall> calls)
    {
        OutageCall[] failed = [.. calls.Where(call => call.Kind == kind && call.Failed).OrderBy(call => call.TookMs)];
        if (failed.Length == 0) return new($"{kind}", 0, 0, 0, 0, 0, 0);
        return new(
            $"{kind}", failed[0].LimitMs, failed.Length, At(failed, 0.5), At(failed, 0.99), At(failed, 1), failed.Count(OutageReport.IsLate));
    }

    private static double At(OutageCall[] ordered, double share) => Math.Round(ordered[Math.Max(0, (int)Math.Ceiling(share * ordered.Length) - 1)].TookMs, 1);
}

/// <summary>A call that took too long to fail.</summary>
/// <param name="SentMs">When it was sent, from the store's going.</param>
internal sealed record LateCall(string Kind, double SentMs, double TookMs);

/// <summary>What callers saw of one outage of the store.</summary>
/// <param name="GoneMs">How long it was gone.</param>
/// <param name="AskedPerSecond">Requests asked in the five seconds before.</param>
/// <param name="ServedPerSecond">Of these, admitted within their limit.</param>
/// <param name="Failed">What failed from its going until the end of the watch, by kind of call.</param>
/// <param name="Latest">Those that took too long, the longest first, at most twenty of them.</param>
/// <param name="AdmittedWhileGone">Requests that were asked for the first time and told as admitted while it was gone; there can be none (L7).</param>
/// <param name="FullSecondMs">From its return to the first second in which the share of requests that were served was 95 % of that before.</param>
/// <param name="FullRateMs">From its return to the moment from which on no second was below that.</param>
internal sealed record OutageReport(
    double GoneMs, double AskedPerSecond, double ServedPerSecond, IReadOnlyList<FailedCalls> Failed, IReadOnlyList<LateCall> Latest, int AdmittedWhileGone,
    double FullSecondMs, double FullRateMs)
{
    /// <summary>What a busy machine may add to a deadline, in ms: both sides' timers and turns on the processor.</summary>
    public const double SlackMs = 250;

    /// <summary>Within this the full rate has to be back, in ms.</summary>
    public const double BackWithinMs = 5000;

    private const int MostNamed = 20;
    private const double BeforeMs = 5000;
    private const double WindowMs = 1000;
    private const double StepMs = 100;
    private const double Full = 0.95;

    /// <summary>What was asked and told around it.</summary>
    public bool IsMet => AdmittedWhileGone == 0 && FullRateMs <= BackWithinMs && Failed.All(kind => kind.Late == 0);

    internal static bool IsLate(OutageCall call) => call.TookMs > call.LimitMs + SlackMs;

    /// <summary>Judges the calls around an outage; all of them have ended.</summary>
    public static OutageReport Of(OutageTimes times, IReadOnlyList<OutageCall> calls)
    {
        OutageCall[] ordered = [.. calls.OrderBy(call => call.SentMs)];
        OutageCall[] after = [.. ordered.Where(call => call.EndedMs >= times.GoneMs && call.SentMs < times.UntilMs)];
        (int asked, int served) = Count(ordered, times.GoneMs - BeforeMs, times.GoneMs - WindowMs);
        double share = asked == 0 ? 1 : (double)served / asked;
        double first = times.UntilMs - times.BackMs, last = 0;
        for (double at = times.BackMs; at + WindowMs <= times.UntilMs; at += StepMs)
        {
            (int there, int well) = Count(ordered, at, at + WindowMs);
            if (there > 0 && well >= Full * share * there) first = Math.Min(first, at - times.BackMs);
            else last = at + StepMs - times.BackMs;
        }

        const double Seconds = (BeforeMs - WindowMs) / 1000;
        return new(
            Math.Round(times.BackMs - times.GoneMs), Math.Round(asked / Seconds, 1), Math.Round(served / Seconds, 1),
            [.. Enum.GetValues<CallKind>().Select(kind => FailedCalls.Of(kind, after))],
            [.. after.Where(call => call.Failed && IsLate(call)).OrderByDescending(call => call.TookMs).Take(MostNamed)
                .Select(call => new LateCall($"{call.Kind}", Math.Round(call.SentMs - times.GoneMs), Math.Round(call.TookMs)))],
            after.Where(call => call.Kind != CallKind.Again && call.SentMs >= times.GoneMs && call.EndedMs < times.BackMs).Sum(call => call.Admitted),
            Math.Round(first), Math.Round(last));
    }

    /// <summary>Requests asked in a span, and those of them that were served.</summary>
    private static (int Asked, int Served) Count(OutageCall[] ordered, double from, double until)
    {
        (int asked, int served) = (0, 0);
        for (int i = FirstAt(ordered, from); i < ordered.Length && ordered[i].SentMs < until; i++)
        {
            asked += ordered[i].Asked;
            served += ordered[i].Served;
        }

        return (asked, served);
    }

    private static int FirstAt(OutageCall[] ordered, double from)
    {
        (int low, int high) = (0, ordered.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (ordered[middle].SentMs < from) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
