namespace CoopGrid.Domain.Usage;

/// <summary>What entries change in a slice of their class. Both numbers may be below 0.</summary>
/// <param name="Slice">The slice.</param>
/// <param name="Units">Units used in it, less units given back.</param>
/// <param name="Members">Members from this slice on: who joins in it, less whose last slice was the one before.</param>
public readonly record struct SliceChange(long Slice, long Units, long Members);
