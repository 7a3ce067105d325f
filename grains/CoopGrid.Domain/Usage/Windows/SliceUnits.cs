namespace CoopGrid.Domain.Usage;

/// <summary>What was used in one slice of time.</summary>
/// <param name="Slice">The slice's number, counted from the Unix epoch.</param>
/// <param name="Units">Units used in it.</param>
public readonly record struct SliceUnits(long Slice, long Units);
