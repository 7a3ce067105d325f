using CoopGrid.LoadTest.Ratio;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>The result file of <c>cluster</c>; RESULTS.md explains it.</summary>
internal sealed record ClusterResult
{
    public int Schema { get; init; } = 1;

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public required Machine Machine { get; init; }

    public required int Members { get; init; }

    /// <summary>Whether each member was asked for at the silo that holds it; else every member at every silo.</summary>
    public required bool AtHome { get; init; }

    public required int InFlight { get; init; }

    /// <summary>Requests in a batch; 1 = unary calls.</summary>
    public required int Batch { get; init; }

    public required double SecondsEach { get; init; }

    /// <summary>In the order of measuring.</summary>
    public required IReadOnlyList<ClusterSide> Runs { get; init; }

    /// <summary>Each number of silos, against the fewest.</summary>
    public IReadOnlyList<ClusterCost> Costs
    {
        get
        {
            ClusterSide[][] sizes = [.. Runs.GroupBy(run => run.Silos).OrderBy(group => group.Key).Select(group => group.ToArray())];
            return [.. sizes.Select(rounds => new ClusterCost(
                rounds[0].Silos, Median(rounds.Select(run => run.CpuMicros)), Median(rounds.Select(run => run.AdmittedPerSecond)),
                Median(rounds.Zip(sizes[0], (run, fewest) => run.CpuMicros / fewest.CpuMicros))))];
        }
    }

    private static double Median(IEnumerable<double> values) => Math.Round(RatioResult.Median(values), 3);
}

/// <summary>One number of silos: medians over its rounds.</summary>
/// <param name="CpuMicros">Processor time of all servers, PostgreSQL's included, for each call.</param>
/// <param name="Ratio">That against the fewest silos of the run: the median of what it is in each round.</param>
internal sealed record ClusterCost(int Silos, double CpuMicros, double AdmittedPerSecond, double Ratio);

/// <summary>One measurement.</summary>
/// <param name="Failed">Calls with another status than OK.</param>
/// <param name="Refused">Answers other than ADMITTED, by outcome.</param>
/// <param name="Latency">Of calls; of batches as a whole.</param>
/// <param name="SiloCpuMicros">Processor time of each silo for each call at any silo, in µs.</param>
/// <param name="PostgresCpuMicros">Of the server and all its backends.</param>
internal sealed record ClusterSide(
    int Silos, double AdmittedPerSecond, long Answered, long Admitted, long Failed, long Unanswered, IReadOnlyDictionary<string, long> Refused, LatencyMs Latency,
    IReadOnlyList<double> SiloCpuMicros, double PostgresCpuMicros)
{
    /// <summary>Of all of them together.</summary>
    public double CpuMicros => Math.Round(SiloCpuMicros.Sum() + PostgresCpuMicros, 2);
}
