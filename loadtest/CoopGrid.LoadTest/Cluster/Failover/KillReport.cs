namespace CoopGrid.LoadTest.Cluster.Failover;

/// <summary>What callers saw of one death of a silo. Times are in ms after it.</summary>
/// <param name="Place">Which silo.</param>
/// <param name="HeldThere">Members whose claim it held.</param>
/// <param name="HeldElsewhere">The others.</param>
/// <param name="FailedElsewhere">Failed questions of the others, of those that were asked after the death.</param>
/// <param name="Troubles">What these were told, and how often.</param>
/// <param name="ServedAgainMedianMs">First answer to a member of the dead silo that was asked after the death: the median over members.</param>
/// <param name="ServedAgainMaxMs">The last of them; the length of the watch if one never was.</param>
/// <param name="AskedBefore">Units/s asked for in the five seconds before.</param>
/// <param name="RateBefore">Admitted units/s in the five seconds before.</param>
/// <param name="RateBackMs">
/// From when on two seconds in a row have 95 % of that; 0 if it never fell below. What is admitted counts when it was asked for: a disk that makes all answers wait for a
/// quarter of a second delays some of a window's beyond its end, and takes nothing away.
/// </param>
/// <param name="Admitted">Units admitted of what was asked for in each tenth of a second, from five seconds before the death on.</param>
/// <param name="Answered">Questions of any tenth that were answered in it.</param>
internal sealed record KillReport(
    int Place,
    int HeldThere,
    int HeldElsewhere,
    int FailedElsewhere,
    IReadOnlyList<FailedKind> Troubles,
    double ServedAgainMedianMs,
    double ServedAgainMaxMs,
    double AskedBefore,
    double RateBefore,
    double RateBackMs,
    IReadOnlyList<int> Admitted,
    IReadOnlyList<int> Answered)
{
    private const double WindowMs = 2000;
    private const double StepMs = 100;

    /// <summary>Judges the questions around a death.</summary>
    /// <param name="heldThere">The dead silo's members.</param>
    /// <param name="diedMs">When.</param>
    /// <param name="untilMs">Up to when it was watched.</param>
    public static KillReport Of(int place, IReadOnlySet<int> heldThere, int members, double diedMs, double untilMs, IReadOnlyList<Ask> asks)
    {
        Ask[] after = [.. asks.Where(ask => ask.SentMs >= diedMs && ask.SentMs < untilMs)];
        double[] served = [.. heldThere.Select(member => after.Where(ask => ask.Member == member && ask.Told != Told.Failed)
            .Select(ask => ask.EndedMs - diedMs).DefaultIfEmpty(untilMs - diedMs).Min()).Order()];
        Ask[] failed = [.. after.Where(ask => ask.Told == Told.Failed && !heldThere.Contains(ask.Member))];
        FailedKind[] troubles = [.. failed.GroupBy(ask => ask.Trouble!)
            .Select(kind => new FailedKind(kind.Key, kind.Count(), Math.Round(kind.Min(ask => ask.SentMs) - diedMs), Math.Round(kind.Max(ask => ask.EndedMs) - diedMs)))];
        double before = Rate(asks, diedMs - 5000, diedMs);
        double back = 0;
        for (double at = diedMs; at + WindowMs <= untilMs; at += StepMs)
        {
            if (Rate(asks, at, at + WindowMs) < 0.95 * before) back = at + StepMs - diedMs;
        }

        return new(
            place, heldThere.Count, members - heldThere.Count, failed.Length, troubles,
            served.Length == 0 ? 0 : Math.Round(served[served.Length / 2]), served.Length == 0 ? 0 : Math.Round(served[^1]),
            asks.Count(ask => ask.SentMs >= diedMs - 5000 && ask.SentMs < diedMs) / 5.0, Math.Round(before, 1), Math.Round(back),
            Tenths(asks.Where(ask => ask.Told == Told.Admitted).Select(ask => ask.SentMs), diedMs - 5000, untilMs),
            Tenths(asks.Where(ask => ask.Told != Told.Failed).Select(ask => ask.EndedMs), diedMs - 5000, untilMs));
    }

    private static int[] Tenths(IEnumerable<double> moments, double from, double until)
    {
        var tenths = new int[(int)((until - from) / StepMs)];
        foreach (double moment in moments)
        {
            double tenth = (moment - from) / StepMs;
            if (tenth >= 0 && tenth < tenths.Length) tenths[(int)tenth]++;
        }

        return tenths;
    }

    private static double Rate(IReadOnlyList<Ask> asks, double from, double until) =>
        asks.Count(ask => ask.Told == Told.Admitted && ask.SentMs >= from && ask.SentMs < until) * 1000 / (until - from);
}

/// <summary>Questions that failed alike.</summary>
/// <param name="Trouble">The status or the outcome, and its words.</param>
/// <param name="Count">How many.</param>
/// <param name="FirstSentMs">When the first of them was asked, in ms after the death.</param>
/// <param name="LastEndedMs">When the last of them ended.</param>
internal sealed record FailedKind(string Trouble, int Count, double FirstSentMs, double LastEndedMs);
