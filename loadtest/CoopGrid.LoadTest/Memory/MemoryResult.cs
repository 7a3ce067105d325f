using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Memory;

/// <summary>The result file of <c>memory</c>. Bytes per member are growths between states, divided by members.</summary>
internal sealed record MemoryResult
{
    public int Schema { get; init; } = 1;

    public required string Command { get; init; }

    public required string StartedAt { get; init; }

    public Machine Machine { get; init; } = Machine.Here;

    public required int Members { get; init; }

    public required int Active { get; init; }

    /// <summary>Admissions of each active member, every one with a key of its own within the dedupe window.</summary>
    public required int Messages { get; init; }

    public required MemoryState Empty { get; init; }

    /// <summary>All members enrolled; those of the beginning may have left memory again.</summary>
    public required MemoryState Enrolled { get; init; }

    /// <summary>All members checkpointed and out of memory.</summary>
    public required MemoryState Idle { get; init; }

    /// <summary>The active ones have sent, the others are idle.</summary>
    public required MemoryState WithActive { get; init; }

    public double EnrolmentsPerSecond => Math.Round(Members / Enrolled.Seconds, 1);

    public double AdmissionsPerSecond => Math.Round((double)Active * Messages / WithActive.Seconds, 1);

    public PerMember IdleMember => PerMember.Of(Empty, Idle, Members);

    public PerMember ActiveMember => PerMember.Of(Idle, WithActive, Active);

    /// <summary>Of all files in the data folder, per member, at the end.</summary>
    public required double DiskBytesPerMember { get; init; }
}

/// <summary>The silo in one state.</summary>
/// <param name="Seconds">How long it took to come to it from the one before.</param>
/// <param name="ProcessorSeconds">Processor time of the silo since its start.</param>
/// <param name="HeapBytes">Objects on the managed heap after a full collection.</param>
/// <param name="ResidentBytes">The process's resident set.</param>
internal sealed record MemoryState(double Seconds, double ProcessorSeconds, long HeapBytes, long ResidentBytes);

/// <summary>Bytes per member: of the managed heap, exactly; and of the process, as the kernel counts it.</summary>
internal sealed record PerMember(double HeapBytes, double ResidentBytes)
{
    public static PerMember Of(MemoryState before, MemoryState after, int members) => new(
        Math.Round((double)(after.HeapBytes - before.HeapBytes) / members, 1),
        Math.Round((double)(after.ResidentBytes - before.ResidentBytes) / members, 1));
}
