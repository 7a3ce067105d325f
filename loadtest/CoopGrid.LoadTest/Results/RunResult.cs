using CoopGrid.LoadTest.Checking;

namespace CoopGrid.LoadTest.Results;

/// <summary>A run's result file; RESULTS.md explains it field by field.</summary>
internal sealed record RunResult
{
    public int Schema { get; init; } = 1;

    public required string RunId { get; init; }

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public required Machine Machine { get; init; }

    public required string Coop { get; init; }

    public required string Class { get; init; }

    public ulong Seed { get; init; }

    public double Seconds { get; init; }

    public required Totals Totals { get; init; }

    public IReadOnlyList<GroupTotals> Groups { get; init; } = [];

    public PatientTotals? Patient { get; init; }

    public required LatencyMs Latency { get; init; }

    public LatencyMs? CriticalLatency { get; init; }

    public LatencyMs? GeneratorLateness { get; init; }

    public required PriceExtremes Price { get; init; }

    public IReadOnlyList<ClassSample> Samples { get; init; } = [];

    public CheckReport? Check { get; init; }

    public string? Recording { get; init; }
}

/// <summary>What the generator ran on.</summary>
internal sealed record Machine(int Cores, string Os, string Runtime)
{
    public static Machine Here { get; } = new(
        Environment.ProcessorCount,
        System.Runtime.InteropServices.RuntimeInformation.OSDescription,
        System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription);
}

/// <summary>Counts over the whole run. Outcomes by name as in the protocol; units are those told as admitted.</summary>
internal sealed record Totals(
    long Planned,
    long Sent,
    long Answered,
    long Shed,
    long Replayed,
    long Retried,
    long AdmittedUnits,
    long CancelledUnits,
    long Unknown,
    IReadOnlyDictionary<string, long> Outcomes);

/// <summary>Counts of one group of members in one lane, and what of it was surged above ×1.</summary>
internal sealed record GroupTotals(
    string Group, string Lane, long AdmittedUnits, long SurgedUnits, long SurchargeMicroCredits, IReadOnlyDictionary<string, long> Outcomes);

/// <summary>Percentiles in ms.</summary>
internal sealed record LatencyMs(double P50, double P90, double P99, double P999, double Max, long Count);

/// <summary>The lowest, highest and last multiplier seen, per-mille.</summary>
internal sealed record PriceExtremes(int Lowest, int Highest, int Last);

/// <summary>The class at one moment of the run.</summary>
internal sealed record ClassSample(double Seconds, long UsageUnits, long Members, long MeanMilliunits, int MultiplierPermille, long DemandUnits, long AdmittedUnits);
