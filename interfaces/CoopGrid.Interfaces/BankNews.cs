using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Interfaces;

/// <summary>What a class tells a gate of its bank history: which final slices were off-peak, and by which terms members save in them.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.BankNews")]
public sealed record BankNews
{
    /// <summary>The last slice of what this follows on; <see cref="long.MinValue"/> if it is the whole history.</summary>
    [Id(0)] public required long After { get; init; }

    /// <summary>Terms from a slice on, ascending.</summary>
    [Id(1)] public ImmutableArray<BankTermsPoint> Terms { get; init; } = [];

    /// <summary>Alternating runs of final slices, ascending.</summary>
    [Id(2)] public ImmutableArray<PeakRunPoint> Runs { get; init; } = [];

    /// <summary>The last final slice.</summary>
    [Id(3)] public required long FinalThrough { get; init; }
}

/// <summary>What members save by, from a slice on.</summary>
/// <param name="FromSlice">The first slice that they hold for.</param>
/// <param name="StartsEpoch">Whether what is held decays before it.</param>
/// <param name="BaselineUnits">Units per window.</param>
/// <param name="WindowSlices">n.</param>
/// <param name="Bank">Share, cap and decay.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.BankTermsPoint")]
public readonly record struct BankTermsPoint(
    [property: Id(0)] long FromSlice,
    [property: Id(1)] bool StartsEpoch,
    [property: Id(2)] long BaselineUnits,
    [property: Id(3)] int WindowSlices,
    [property: Id(4)] BankPolicy Bank);

/// <summary>A run of slices that are all off-peak, or all not.</summary>
/// <param name="FromSlice">Its first slice; it ends before the next run's.</param>
/// <param name="OffPeak">What they are.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.PeakRunPoint")]
public readonly record struct PeakRunPoint([property: Id(0)] long FromSlice, [property: Id(1)] bool OffPeak);
