using CoopGrid.LoadTest.Cluster.Failover;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Closing;

/// <summary>The result file of <c>closing</c>.</summary>
internal sealed record ClosingResult
{
    public int Schema { get; init; } = 1;

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public Machine Machine { get; init; } = Machine.Here;

    /// <summary>sqlite or postgres.</summary>
    public required string Storage { get; init; }

    public required int Members { get; init; }

    public required int Active { get; init; }

    public required double AdmissionsPerSecond { get; init; }

    public required double EnrolSeconds { get; init; }

    public required double UseSeconds { get; init; }

    /// <summary>Before the closing: all but the active members are out of memory.</summary>
    public required ClosingPhase Quiet { get; init; }

    /// <summary>From the first bill seen to the epoch's end in the books.</summary>
    public required ClosingPhase Closing { get; init; }

    public required long Bills { get; init; }

    public double BillsPerSecond => Math.Round(Bills / Closing.Seconds, 1);

    /// <summary>How many times the quiet p99 the closing's is.</summary>
    public double P99Ratio => Math.Round(Closing.Latency.P99 / Quiet.Latency.P99, 2);

    /// <summary>What is wrong with the books; empty if nothing is.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}

/// <summary>The silo in one phase.</summary>
/// <param name="Seconds">How long it was.</param>
/// <param name="Latency">Of unary admissions that were sent in it, from when they were due.</param>
/// <param name="Failures">Those that had no answer or were not admitted, by what they were told; times are from the phase's beginning.</param>
/// <param name="HighestResidentBytes">The most that the silo's process had.</param>
/// <param name="ProcessorSeconds">What the silo used.</param>
/// <param name="LongestStallMs">For how long the generator itself did not run at a time.</param>
internal sealed record ClosingPhase(
    double Seconds, LatencyMs Latency, IReadOnlyList<FailedKind> Failures, long HighestResidentBytes, double ProcessorSeconds, double LongestStallMs)
{
    public long Failed => Failures.Sum(kind => kind.Count);
}
