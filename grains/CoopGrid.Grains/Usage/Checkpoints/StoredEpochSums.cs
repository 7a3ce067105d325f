using System.Collections.Immutable;
using CoopGrid.Domain.Billing;

namespace CoopGrid.Grains.Usage;

/// <summary>What is stored of a member's sums of one epoch. Stored: never change the meaning of a field, add new ones.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.state.member-epoch.1")]
public sealed record StoredEpochSums
{
    [Id(0)] public long Number { get; init; }

    [Id(1)] public long First { get; init; }

    [Id(2)] public long End { get; init; }

    [Id(3)] public long Units { get; init; }

    /// <summary>Slices of enrolments that have ended.</summary>
    [Id(4)] public long CountedSlices { get; init; }

    /// <summary>The first slice that the running enrolment alone counts for.</summary>
    [Id(5)] public long? EnrolledFrom { get; init; }

    /// <summary>The last slice that an ended enrolment counted for.</summary>
    [Id(6)] public long? LeftIn { get; init; }

    [Id(7)] public ImmutableArray<StoredSurged> Surged { get; init; } = [];

    /// <summary>Units of the bank that decayed when it was over.</summary>
    [Id(60)] public long DecayedUnits { get; init; }

    public static StoredEpochSums From(EpochSums sums) => new()
    {
        Number = sums.Epoch.Number,
        First = sums.Epoch.First,
        End = sums.Epoch.End,
        Units = sums.Sums.Units,
        CountedSlices = sums.Sums.CountedSlices,
        EnrolledFrom = sums.Sums.EnrolledFrom,
        LeftIn = sums.Sums.LeftIn,
        Surged = [.. sums.Sums.Surged.Select(group => new StoredSurged(group.PolicyVersion, group.MultiplierPermille, group.Units, group.IsBeyond))],
        DecayedUnits = sums.Sums.DecayedUnits,
    };

    public EpochSums ToSums() => new(new(Number, First, End), new()
    {
        Epoch = Number,
        Units = Units,
        CountedSlices = CountedSlices,
        EnrolledFrom = EnrolledFrom,
        LeftIn = LeftIn,
        Surged = [.. Surged.Select(group => new SurgedUnits(group.PolicyVersion, group.MultiplierPermille, group.Units, group.IsBeyond))],
        DecayedUnits = DecayedUnits,
    });
}

/// <summary>Units surged under one policy version at one multiplier.</summary>
/// <param name="IsBeyond">Whether beyond a running reservation; false in a checkpoint that is older than reservations.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.state.surged.1")]
public readonly record struct StoredSurged(
    [property: Id(0)] int PolicyVersion, [property: Id(1)] int MultiplierPermille, [property: Id(2)] long Units, [property: Id(3)] bool IsBeyond = false);
