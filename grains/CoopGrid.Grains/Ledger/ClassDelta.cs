using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>What a ledger entry changes in its class. Both numbers may be negative: cancels give units back, members leave.</summary>
/// <param name="Class">The class whose fold changes.</param>
/// <param name="Slice">The slice that the change belongs to.</param>
/// <param name="Units">Units added to the slice's usage.</param>
/// <param name="Members">Members enrolled (above 0) or gone (below 0) in the slice.</param>
public readonly record struct ClassDelta(ClassId Class, long Slice, long Units, long Members);

/// <summary>A producer's promise (L5a): no later entry of it belongs to a slice of the class before <paramref name="Slice"/>.</summary>
/// <param name="Class">The class.</param>
/// <param name="Slice">The first slice that may still get entries.</param>
public readonly record struct SliceMark(ClassId Class, long Slice);
