namespace CoopGrid.LoadTest.Cluster.Outage;

/// <summary>What a silo held around an outage, in bytes: its resident set, and the objects on its managed heap after a full collection.</summary>
/// <param name="ResidentHighest">The most while the store was gone.</param>
/// <param name="HeapGone">At the end of the outage.</param>
internal sealed record SiloMemory(long ResidentBefore, long ResidentHighest, long ResidentAfter, long HeapBefore, long HeapGone, long HeapAfter);
