using System.Collections.Immutable;

namespace CoopGrid.Model;

/// <summary>What became of a meter's report, in order of precedence (SPEC.md §9). Numbers are sent: never renumber.</summary>
public enum ReportOutcome : byte
{
    None = 0,

    /// <summary>Malformed: no meter, sequence below 1, no slices, slices not ascending, negative units.</summary>
    Invalid = 1,
    MeterUnknown = 2,
    MemberNotActive = 3,

    /// <summary>The member's class counts admissions, not reports.</summary>
    NotMetered = 4,

    /// <summary>Accepted before with the same payload.</summary>
    Duplicate = 5,

    /// <summary>Accepted before with another payload; the attempt is kept as evidence.</summary>
    SequenceConflict = 6,

    /// <summary>Reports are missing before this one.</summary>
    Gap = 7,

    /// <summary>The span begins before the end of the meter's last one.</summary>
    Overlap = 8,

    /// <summary>A slice of the span has not ended.</summary>
    Future = 9,

    /// <summary>A slice of the span is past its grace.</summary>
    TooLate = 10,
    Accepted = 11,
    Unavailable = 12,
    CoopUnknown = 13,
}

/// <summary>Usage of finished slices, numbered by its meter.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.UsageReport")]
public sealed class UsageReport
{
    [Id(0)] public required string Meter { get; init; }

    /// <summary>1 for the meter's first report, one more with each.</summary>
    [Id(1)] public required long Sequence { get; init; }

    /// <summary>Usage by slice, ascending.</summary>
    [Id(2)] public required ImmutableArray<SliceUsage> Slices { get; init; }
}

/// <summary>Units used in one slice.</summary>
/// <param name="Slice">The slice, counted from the Unix epoch.</param>
/// <param name="Units">≥ 0.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.SliceUsage")]
public readonly record struct SliceUsage([property: Id(0)] long Slice, [property: Id(1)] long Units);

/// <summary>The receipt of a report, or the reason why there is none.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ReportAnswer")]
public sealed record ReportAnswer
{
    [Id(0)] public ReportOutcome Outcome { get; init; }

    [Id(1)] public long ExpectedSequence { get; init; }

    [Id(2)] public long Units { get; init; }

    /// <summary>u after the report.</summary>
    [Id(3)] public long WindowUsageUnits { get; init; }

    /// <summary>Units within the baseline, all slices together.</summary>
    [Id(4)] public long BaselineUnits { get; init; }

    /// <summary>Units charged at their slices' multipliers, all slices together.</summary>
    [Id(5)] public long SurgedUnits { get; init; }

    [Id(6)] public string Reason { get; init; } = "";

    /// <summary>Units that the member's bank covered, all slices together.</summary>
    [Id(40)] public long BankedUnits { get; init; }
}
