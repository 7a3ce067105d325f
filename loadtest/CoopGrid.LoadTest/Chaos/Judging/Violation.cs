using System.Text.Json.Serialization;

namespace CoopGrid.LoadTest.Chaos.Judging;

/// <summary>What can be wrong with a run.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ViolationKind>))]
internal enum ViolationKind
{
    /// <summary>Something durable was told and is not there any more, or less is charged than was told.</summary>
    Lost,

    /// <summary>A key was decided twice, or more is charged than was told.</summary>
    Doubled,

    /// <summary>A charge, or a member, that nobody asked for.</summary>
    Unasked,

    /// <summary>More was admitted in an interval of length T than C·T + B, wherever within its bounds each admission is placed.</summary>
    OverCapacity,

    /// <summary>S, N or the members' windows do not agree.</summary>
    MeanOff,

    /// <summary>A question without an answer, or slices that do not close, once all was quiet.</summary>
    Stuck,

    /// <summary>An answer that no state of the grid explains.</summary>
    WrongAnswer,
}

/// <summary>One thing that is wrong.</summary>
/// <param name="What">In a sentence.</param>
/// <param name="Evidence">The calls that show it, and no others, in the order of their asking.</param>
internal sealed record Violation(ViolationKind Kind, string What, IReadOnlyList<CallRecord> Evidence);
