using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>S, M and tariff of one epoch of a class: what its bills are rated against.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ClassEpochFigures")]
public sealed record ClassEpochFigures
{
    /// <summary>Consecutive within the class.</summary>
    [Id(0)] public required long Number { get; init; }

    /// <summary>The epoch's first slice.</summary>
    [Id(1)] public required long FirstSlice { get; init; }

    /// <summary>The slice after its last one.</summary>
    [Id(2)] public required long EndSlice { get; init; }

    /// <summary>S.</summary>
    [Id(3)] public long UsageUnits { get; init; }

    /// <summary>M; until the epoch is frozen, as it will be if nobody joins or leaves any more.</summary>
    [Id(4)] public long MemberSlices { get; init; }

    /// <summary>The policy of the epoch's first slice.</summary>
    [Id(5)] public int PolicyVersion { get; init; }

    /// <summary>That policy's tariff.</summary>
    [Id(6)] public required TariffPolicy Tariff { get; init; }

    /// <summary>S of the epoch before, if there was one that counted.</summary>
    [Id(7)] public long? PreviousUsageUnits { get; init; }

    /// <summary>M of the epoch before.</summary>
    [Id(8)] public long PreviousMemberSlices { get; init; }

    /// <summary>Whether nothing of it will ever change: nothing more can come, and nothing can be given back.</summary>
    [Id(9)] public bool IsFrozen { get; init; }
}

/// <summary>What a member used in an epoch.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.MemberEpochFigures")]
public sealed record MemberEpochFigures
{
    /// <summary>u_i.</summary>
    [Id(0)] public long Units { get; init; }

    /// <summary>n_i.</summary>
    [Id(1)] public long EnrolledSlices { get; init; }

    /// <summary>Units surged above 1000 ‰, ascending by policy version and multiplier.</summary>
    [Id(2)] public ImmutableArray<SurgedGroup> Surged { get; init; } = [];

    /// <summary>Units of its bank that decayed when the epoch was over.</summary>
    [Id(60)] public long DecayedUnits { get; init; }
}

/// <summary>Units surged under one policy version at one multiplier.</summary>
/// <param name="IsBeyond">Whether beyond a running reservation.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.SurgedGroup")]
public readonly record struct SurgedGroup(
    [property: Id(0)] int PolicyVersion, [property: Id(1)] int MultiplierPermille, [property: Id(2)] long Units, [property: Id(3)] bool IsBeyond = false);

/// <summary>What became of a question for a member's figures of an epoch.</summary>
public enum EpochFiguresOutcome : byte
{
    None = 0,

    /// <summary>No such member.</summary>
    MemberUnknown = 1,

    /// <summary>The class has not announced such an epoch.</summary>
    EpochUnknown = 2,

    /// <summary>Its bills are made, and its figures are let go.</summary>
    Billed = 3,

    /// <summary>Something may still come or be given back in it.</summary>
    NotFrozen = 4,

    /// <summary>Its figures, for good.</summary>
    Frozen = 5,

    /// <summary>The account has moved, or its last entries are not durable yet; ask again.</summary>
    Unavailable = 6,

    /// <summary>The member left in it, and has its final bill.</summary>
    FinallyBilled = 7,
}

/// <summary>A member's figures of an epoch, or why there are none.</summary>
/// <param name="Outcome">What became of the question.</param>
/// <param name="Figures">If they are frozen.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.EpochFiguresAnswer")]
public sealed record EpochFiguresAnswer(
    [property: Id(0)] EpochFiguresOutcome Outcome, [property: Id(1)] MemberEpochFigures? Figures = null);

/// <summary>All that a member's projected bill is computed from, as if the running epoch ended with the running slice.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.ProjectedFigures")]
public sealed record ProjectedFigures
{
    [Id(0)] public required ClassId Class { get; init; }

    /// <summary>The class's figures so far; its <see cref="ClassEpochFigures.EndSlice"/> is the slice after the running one.</summary>
    [Id(1)] public required ClassEpochFigures ClassSoFar { get; init; }

    /// <summary>The member's figures so far.</summary>
    [Id(2)] public required MemberEpochFigures MemberSoFar { get; init; }

    /// <summary>When the epoch began.</summary>
    [Id(3)] public Instant Start { get; init; }

    /// <summary>When it will end.</summary>
    [Id(4)] public Instant End { get; init; }

    /// <summary>Lines that wait for the member's next bill, as they are stored, in the order in which they were handed in.</summary>
    [Id(5)] public ImmutableArray<byte[]> WaitingLines { get; init; } = [];
}
