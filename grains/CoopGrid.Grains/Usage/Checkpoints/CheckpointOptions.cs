using System.ComponentModel.DataAnnotations;

namespace CoopGrid.Grains.Usage;

/// <summary>How far checkpoints may lag behind the ledger. Settings <c>CoopGrid:Checkpoints</c>.</summary>
public sealed class CheckpointOptions
{
    /// <summary>A dirty member is checkpointed at the latest when its first unsaved entry is this many segments old.</summary>
    [Range(1, 10_000_000)]
    public int MaxTailSegments { get; set; } = 65_536;

    /// <summary>And at the latest after this many ms.</summary>
    [Range(1, 86_400_000)]
    public int MaxAgeMs { get; set; } = 60_000;

    /// <summary>A class that has changed is checkpointed this many ms after the last time.</summary>
    [Range(1, 3_600_000)]
    public int ClassEveryMs { get; set; } = 10_000;

    /// <summary>How many members are checkpointed side by side.</summary>
    [Range(1, 256)]
    public int SideBySide { get; set; } = 8;

    /// <summary>How often the checkpointer looks, in ms.</summary>
    [Range(1, 60_000)]
    public int LookEveryMs { get; set; } = 500;

    /// <summary>
    /// How often what is checkpointed is deleted from the ledger, in ms. Checkpoints are flushed to the disk before, and commits wait for a busy disk.
    /// </summary>
    [Range(1, 600_000)]
    public int DeleteEveryMs { get; set; } = 5000;

    /// <summary>How long stored keys are kept, in ms; a class with a longer dedupe window keeps its members' for that.</summary>
    [Range(600_000, 86_400_000)]
    public int KeepKeysMs { get; set; } = 3_600_000;
}
