namespace CoopGrid.LoadTest.Schedule;

/// <summary>How arrivals follow a rate.</summary>
internal enum ArrivalKind
{
    /// <summary>Independent of each other: gaps are exponential.</summary>
    Poisson,

    /// <summary>Evenly spaced in what the rate has brought so far.</summary>
    Uniform,
}

/// <summary>
/// Times of arrival under a rate that changes over time. The rate is integrated in steps; an arrival falls wherever the integral
/// passes the next mark: 1 further on for uniform arrivals, an exponential step for Poisson ones.
/// </summary>
internal static class Arrivals
{
    private const long StepMicros = 1_000;

    /// <param name="ratePerSecond">The rate at a time in seconds from the start; never negative.</param>
    /// <param name="seconds">Until when.</param>
    /// <returns>Times in microseconds from the start, ascending.</returns>
    public static IEnumerable<long> Times(Func<double, double> ratePerSecond, double seconds, ArrivalKind kind, SplitMix chance)
    {
        long end = (long)(seconds * 1_000_000);
        double brought = 0;
        double mark = kind == ArrivalKind.Uniform ? chance.NextDouble() : chance.NextExponential();
        for (long at = 0; at < end; at += StepMicros)
        {
            long step = Math.Min(StepMicros, end - at);
            double more = ratePerSecond((at + (step / 2)) / 1e6) * step / 1e6;
            while (more > 0 && mark < brought + more)
            {
                yield return at + Math.Min(step - 1, (long)((mark - brought) / more * step));
                mark += kind == ArrivalKind.Uniform ? 1 : chance.NextExponential();
            }

            brought += more;
        }
    }
}
