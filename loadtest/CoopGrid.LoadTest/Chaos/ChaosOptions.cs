using CoopGrid.LoadTest.Chaos.Faults;

namespace CoopGrid.LoadTest.Chaos;

/// <summary>What a chaos run is asked for.</summary>
internal sealed record ChaosOptions
{
    public required ulong Seed { get; init; }

    /// <summary>Of the load; the review comes after it.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>Places that are always meant to have a silo.</summary>
    public int Silos { get; init; } = 3;

    /// <summary>Questions a second; a batch is one.</summary>
    public double Rate { get; init; } = 120;

    /// <summary>One silo on a data folder of its own, without PostgreSQL.</summary>
    public bool Embedded { get; init; }

    /// <summary>After how long without a sign of life the others declare a silo dead; freezes last longer.</summary>
    public TimeSpan Eviction { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>So long after a fault is over its place has no other.</summary>
    public TimeSpan Recovery { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Only these faults; empty = all that can be made.</summary>
    public IReadOnlyList<FaultKind> Kinds { get; init; } = [];

    /// <summary>Of every silo, beside what a run needs to set by itself.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>The silo's dll.</summary>
    public required string Dll { get; init; }

    /// <summary>Holds the database, the silos' data and logs, and what the run leaves.</summary>
    public required string Folder { get; init; }

    /// <summary>The history's file.</summary>
    public required string HistoryPath { get; init; }
}
