namespace CoopGrid.Domain.Usage;

/// <summary>
/// A class's units in the slices of its rolling window (SPEC.md §3): what its members' windows hold, slice by slice. Fed with every
/// addition that a member's window took, however late and mixed with other members', but each member's in their order (its cancels
/// after what they cancel), its <see cref="UsageAt"/> equals the sum of the members' for every slice that no window has passed. A member that leaves takes its slices with it: each is added negative.
/// </summary>
/// <remarks>Same semantics as <see cref="MemberWindow"/>, by the same arithmetic. Not thread-safe.</remarks>
public sealed class ClassWindow
{
    private SliceSums _sums;

    /// <summary>An empty window that has not rolled yet.</summary>
    /// <param name="slices">W: slices in the window, the running one included; above 0.</param>
    public ClassWindow(int slices) => _sums = new(slices);

    private ClassWindow(SliceSums sums) => _sums = sums;

    /// <summary>The last slice of the window; <see cref="long.MinValue"/> before the first roll or addition.</summary>
    public long Newest => _sums.Newest;

    /// <summary>S: units in the window that ends with <see cref="Newest"/>.</summary>
    public long Usage => _sums.Usage;

    /// <summary>How many slices hold units.</summary>
    public int Count => _sums.Count;

    /// <summary>A copy of the slices that hold units, oldest first: with <see cref="Newest"/>, all that a checkpoint needs.</summary>
    public IReadOnlyList<SliceUnits> Held => _sums.Held;

    /// <summary>A window as a checkpoint holds it; slices that left it (it may be shorter than it was) are dropped.</summary>
    /// <exception cref="ArgumentException">A slice is not above its predecessor, is above <paramref name="newest"/>, or holds no units.</exception>
    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    /// <param name="keptFor">As for <see cref="KeepFor"/>.</param>
    public static ClassWindow Restore(int slices, long newest, ReadOnlySpan<SliceUnits> held, long keptFor = long.MaxValue) =>
        new(SliceSums.Restore(slices, newest, held, keptFor));

    /// <summary>Moves the window so that it ends with <paramref name="slice"/>. It never goes back: an earlier slice changes nothing.</summary>
    public void Roll(long slice) => _sums.Roll(slice);

    /// <summary>Holds what the windows of <paramref name="slice"/> and later ones need, so that <see cref="UsageAt"/> is exact from there on.</summary>
    public void KeepFor(long slice) => _sums.KeepFor(slice);

    /// <summary>
    /// Adds units to a slice, negative ones for a cancel; a slice after <see cref="Newest"/> rolls the window to it.
    /// </summary>
    /// <returns>False if the slice has already left the window and is not kept either: nothing is added.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The slice would hold fewer than 0 units; nothing changed.</exception>
    /// <exception cref="OverflowException">The window's sum does not fit 64 bits; nothing changed.</exception>
    public bool Add(long slice, long units) => _sums.Add(slice, units);

    /// <summary>S as if the window ended with <paramref name="slice"/>, without moving it. Exact from <see cref="Newest"/> on, or from
    /// the slice that it keeps for; before it, slices that have left the window are missing.</summary>
    public long UsageAt(long slice) => _sums.UsageAt(slice);

    /// <summary>Units in one slice of the window; 0 outside it.</summary>
    public long UnitsIn(long slice) => _sums.UnitsIn(slice);

    /// <summary>Copies <see cref="Held"/> into <paramref name="target"/>, which has room for <see cref="Count"/>.</summary>
    public void CopyTo(Span<SliceUnits> target) => _sums.Held.CopyTo(target);
}
