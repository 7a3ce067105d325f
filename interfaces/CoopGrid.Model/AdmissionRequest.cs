using System.Collections.Immutable;

namespace CoopGrid.Model;

/// <summary>One request to send, as its member decides it (SPEC.md §4).</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.AdmissionRequest")]
public sealed class AdmissionRequest
{
    /// <summary>Names the send; 1 to 128 bytes.</summary>
    [Id(0)] public required string Key { get; init; }

    /// <summary>The lane's name; empty is the class's first lane of standard priority.</summary>
    [Id(1)] public string Lane { get; init; } = "";

    /// <summary>Plain units, or 0 if <see cref="Dimensions"/> are given.</summary>
    [Id(2)] public long Units { get; init; }

    /// <summary>What is sent, by dimension, in the order of the dimensions' names.</summary>
    [Id(3)] public ImmutableArray<DimensionQuantity> Dimensions { get; init; } = [];

    /// <summary>The highest multiplier accepted for surged units, in per-mille; 0 = no limit.</summary>
    [Id(4)] public int MaxMultiplierPermille { get; init; }

    /// <summary>How long to wait for room, in ms; null is the lane's longest wait.</summary>
    [Id(5)] public int? MaxWaitMs { get; init; }

    /// <summary>Until when the send may be deferred, in Unix ms; 0 = it may not.</summary>
    [Id(6)] public long DeferUntilUnixMs { get; init; }

    /// <summary>A ticket, or empty.</summary>
    [Id(7)] public string Ticket { get; init; } = "";

    /// <summary>Whether the caller takes an answer that is not yet on disk.</summary>
    [Id(8)] public bool Relaxed { get; init; }

    /// <summary>Who asks; only the same caller may cancel.</summary>
    [Id(9)] public string Caller { get; init; } = "";
}

/// <summary>How much of one dimension a request has.</summary>
/// <param name="Dimension">The dimension's name.</param>
/// <param name="Quantity">Above 0.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.DimensionQuantity")]
public readonly record struct DimensionQuantity([property: Id(0)] string Dimension, [property: Id(1)] long Quantity);
