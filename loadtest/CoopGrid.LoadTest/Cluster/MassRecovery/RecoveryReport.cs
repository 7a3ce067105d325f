namespace CoopGrid.LoadTest.Cluster.MassRecovery;

/// <summary>When what happened, in ms of the run.</summary>
/// <param name="DiedMs">The silo's death.</param>
/// <param name="AllAnsweredMs">The last of its members had an answer.</param>
internal readonly record struct RecoveryTimes(double DiedMs, double AllAnsweredMs);

/// <summary>How long first questions took until their answer, in ms.</summary>
internal sealed record TouchTimes(int Count, double P50Ms, double P90Ms, double P99Ms, double MaxMs, double MeanAttempts)
{
    public static TouchTimes Of(IEnumerable<FirstTouch> touches)
    {
        FirstTouch[] all = [.. touches];
        double[] took = [.. all.Select(touch => touch.AnsweredMs - touch.AskedMs).Order()];
        return took.Length == 0
            ? new(0, 0, 0, 0, 0, 0)
            : new(took.Length, At(took, 0.5), At(took, 0.9), At(took, 0.99), At(took, 1), Math.Round(all.Average(touch => touch.Attempts), 2));
    }

    private static double At(double[] ordered, double share) => Math.Round(ordered[Math.Max(0, (int)Math.Ceiling(share * ordered.Length) - 1)], 1);
}

/// <summary>What the database had to do, before the death and after it.</summary>
/// <param name="MostConnections">The most sessions at one moment.</param>
/// <param name="MostActive">The most that ran a statement at one moment.</param>
/// <param name="MostWaiting">The most that waited for a lock.</param>
/// <param name="TransactionsPerSecond">Over all of the time.</param>
/// <param name="MostTransactionsPerSecond">In the two seconds with the most.</param>
internal sealed record DatabaseLoad(long MostConnections, long MostActive, long MostWaiting, double TransactionsPerSecond, double MostTransactionsPerSecond)
{
    private const double WindowMs = 2000;

    public static DatabaseLoad Of(IReadOnlyList<DatabaseSample> samples)
    {
        if (samples.Count < 2) return new(0, 0, 0, 0, 0);
        double most = 0;
        int from = 0;
        for (int i = 1; i < samples.Count; i++)
        {
            while (samples[i].AtMs - samples[from + 1].AtMs >= WindowMs) from++;
            if (samples[i].AtMs - samples[from].AtMs >= WindowMs) most = Math.Max(most, Rate(samples[from], samples[i]));
        }

        return new(
            samples.Max(sample => sample.Connections), samples.Max(sample => sample.Active), samples.Max(sample => sample.Waiting),
            Math.Round(Rate(samples[0], samples[^1]), 1), Math.Round(most, 1));
    }

    private static double Rate(DatabaseSample first, DatabaseSample last) =>
        last.AtMs <= first.AtMs ? 0 : (last.Transactions - first.Transactions) * 1000 / (last.AtMs - first.AtMs);
}

/// <summary>What callers and the database saw of the death of a silo that held many members. Times are in ms after it.</summary>
/// <param name="SealedMs">When its log was sealed: then it is known to be dead.</param>
/// <param name="FirstAnswerMs">The first answer for one of its members.</param>
/// <param name="AskedBeforeSeal">First questions that were asked before it was sealed, from asking to answer.</param>
/// <param name="AskedAfterSeal">Those asked later.</param>
/// <param name="AllAnsweredMs">When all of its members had been asked for and answered.</param>
/// <param name="DrainedMs">When every checkpoint was beyond its log; null if that did not happen while it was watched.</param>
internal sealed record RecoveryReport(
    double? SealedMs, double? FirstAnswerMs, TouchTimes AskedBeforeSeal, TouchTimes AskedAfterSeal, double AllAnsweredMs, double? DrainedMs,
    DatabaseLoad DatabaseBefore, DatabaseLoad DatabaseAfter)
{
    private const int Sealed = 1, Drained = 2;

    /// <summary>Judges what was seen around a death.</summary>
    public static RecoveryReport Of(RecoveryTimes times, IReadOnlyList<FirstTouch> touches, IReadOnlyList<DatabaseSample> samples)
    {
        DatabaseSample[] after = [.. samples.Where(sample => sample.AtMs >= times.DiedMs)];
        double? sealedAt = When(after, Sealed), drainedAt = When(after, Drained);
        double known = sealedAt ?? double.MaxValue;
        return new(
            Since(sealedAt, times), touches.Count == 0 ? null : Since(touches.Min(touch => touch.AnsweredMs), times),
            TouchTimes.Of(touches.Where(touch => touch.AskedMs < known)), TouchTimes.Of(touches.Where(touch => touch.AskedMs >= known)),
            Math.Round(times.AllAnsweredMs - times.DiedMs), Since(drainedAt, times),
            DatabaseLoad.Of([.. samples.Where(sample => sample.AtMs < times.DiedMs)]), DatabaseLoad.Of(after));
    }

    private static double? When(DatabaseSample[] samples, int state) =>
        samples.Where(sample => sample.Producer >= state).Select(sample => (double?)sample.AtMs).FirstOrDefault();

    private static double? Since(double? at, RecoveryTimes times) => at is { } ms ? Math.Round(ms - times.DiedMs) : null;
}
