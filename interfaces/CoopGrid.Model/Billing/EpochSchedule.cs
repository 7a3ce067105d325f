using System.Collections.Immutable;

namespace CoopGrid.Model;

/// <summary>
/// The epochs of a class as they are announced. Members' accounts and the class count by this and by nothing else, so that they count alike: what is announced never
/// changes, it is only added to.
/// </summary>
[GenerateSerializer, Immutable, Alias("coopgrid.EpochSchedule")]
public sealed record EpochSchedule
{
    /// <summary>At least one, ascending; each ends where the next one begins.</summary>
    [Id(0)] public required ImmutableArray<EpochRun> Runs { get; init; }

    /// <summary>The end of the last epoch that is announced: no entry may count in this slice or after it.</summary>
    [Id(1)] public required long Until { get; init; }

    public bool Equals(EpochSchedule? other) => other is not null && Until == other.Until && Runs.SequenceEqual(other.Runs);

    public override int GetHashCode() => HashCode.Combine(Until, Runs.Length);
}

/// <summary>Epochs of one kind that follow each other.</summary>
/// <param name="Kind">Their kind.</param>
/// <param name="FromSlice">The first slice of the first one; before the first run's nothing counts in any epoch.</param>
/// <param name="NumberShift">Added to the calendar's number, so that a class's epochs are numbered without gaps through changes of their kind.</param>
/// <param name="SettleSlices">
/// For so many slices after an epoch's end units may still be given back in it: the dedupe window when the run began, 0 in a metered class. Then it is closed.
/// </param>
[GenerateSerializer, Immutable, Alias("coopgrid.EpochRun")]
public sealed record EpochRun(
    [property: Id(0)] EpochPolicy Kind, [property: Id(1)] long FromSlice, [property: Id(2)] long NumberShift, [property: Id(3)] long SettleSlices);
