namespace CoopGrid.Domain.Usage;

/// <summary>What entries change in a slice of their class. Numbers may be below 0.</summary>
/// <param name="Slice">The slice.</param>
/// <param name="Units">Units used in it, less units given back.</param>
/// <param name="Members">Members from this slice on: who joins in it, less whose last slice was the one before.</param>
/// <param name="WindowUnits">Units that change the rolling window alone: what a leaver takes along, below 0.</param>
/// <param name="LateUnits">Units that came after the slice was closed: they are in no sum but the epoch's late total.</param>
public readonly record struct SliceChange(long Slice, long Units, long Members, long WindowUnits = 0, long LateUnits = 0);
