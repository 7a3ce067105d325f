using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Ratio;

/// <summary>The result file of <c>ratio</c>; RESULTS.md explains it.</summary>
internal sealed record RatioResult
{
    public int Schema { get; init; } = 1;

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public required Machine Machine { get; init; }

    public required int Connections { get; init; }

    public required int Streams { get; init; }

    public required int Members { get; init; }

    public required double SecondsEach { get; init; }

    public required IReadOnlyList<RatioPair> Pairs { get; init; }

    /// <summary>Answers per second of the echo, median over the pairs.</summary>
    public double EchoMedian => Median(Pairs.Select(pair => pair.Echo.PerSecond));

    /// <summary>Durable admissions per second, median over the pairs.</summary>
    public double GridMedian => Median(Pairs.Select(pair => pair.Grid.PerSecond));

    /// <summary>The median of the pairs' ratios.</summary>
    public double Ratio => Median(Pairs.Select(pair => pair.Ratio));

    /// <summary>Processor time of the echo's process per call, in µs, median over the pairs.</summary>
    public double? EchoCpuMedian => MedianOrNull(Pairs.Select(pair => pair.Echo.ServerCpuMicrosPerCall));

    /// <summary>The same of the silo's process; null if it was not started by this command.</summary>
    public double? GridCpuMedian => MedianOrNull(Pairs.Select(pair => pair.Grid.ServerCpuMicrosPerCall));

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double? MedianOrNull(IEnumerable<double?> values) =>
        values.OfType<double>().ToArray() is { Length: > 0 } known ? Math.Round(Median(known), 2) : null;
}

/// <summary>One measurement of each, one right after the other.</summary>
internal sealed record RatioPair(RatioSide Echo, RatioSide Grid)
{
    public double Ratio => Echo.PerSecond == 0 ? 0 : Math.Round(Grid.PerSecond / Echo.PerSecond, 4);
}

/// <summary>One measurement. For the grid only admissions count as done.</summary>
/// <param name="ServerCpuMicrosPerCall">All processor time of the server's process; null if that is not a child of ours.</param>
internal sealed record RatioSide(
    double PerSecond,
    long Answered,
    long Admitted,
    long Failed,
    long Unanswered,
    LatencyMs Latency,
    double GeneratorCpuMicrosPerCall,
    double? ServerCpuMicrosPerCall);
