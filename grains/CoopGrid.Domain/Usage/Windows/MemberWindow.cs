namespace CoopGrid.Domain.Usage;

/// <summary>
/// A member's units in the slices of its rolling window (SPEC.md §3). It rolls only when it is touched; <see cref="UsageAt"/> looks ahead
/// without rolling, so an idle member costs no work.
/// </summary>
/// <remarks>
/// Memory: 72 bytes with its newest slice; each older slice that holds units takes one to three bytes more (up to a million units, and two
/// more after a gap), in one array. Not thread-safe.
/// </remarks>
public sealed class MemberWindow
{
    private SliceSums _sums;

    /// <summary>An empty window that has not rolled yet.</summary>
    /// <param name="slices">W: slices in the window, the running one included; above 0.</param>
    public MemberWindow(int slices) => _sums = new(slices);

    private MemberWindow(SliceSums sums) => _sums = sums;

    /// <summary>W.</summary>
    public int Slices => _sums.Slices;

    /// <summary>The last slice of the window; <see cref="long.MinValue"/> before the first roll or addition.</summary>
    public long Newest => _sums.Newest;

    /// <summary>u_i: units in the window that ends with <see cref="Newest"/>.</summary>
    public long Usage => _sums.Usage;

    /// <summary>How many slices hold units.</summary>
    public int Count => _sums.Count;

    /// <summary>A copy of the slices that hold units, oldest first: with <see cref="Newest"/>, all that a checkpoint needs.</summary>
    public IReadOnlyList<SliceUnits> Held => _sums.Held;

    /// <summary>A window as a checkpoint holds it; slices that left it (it may be shorter than it was) are dropped.</summary>
    /// <exception cref="ArgumentException">A slice is not above its predecessor, is above <paramref name="newest"/>, or holds no units.</exception>
    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    public static MemberWindow Restore(int slices, long newest, ReadOnlySpan<SliceUnits> held) =>
        new(SliceSums.Restore(slices, newest, held));

    /// <summary>Moves the window so that it ends with <paramref name="slice"/>. It never goes back: an earlier slice changes nothing.</summary>
    public void Roll(long slice) => _sums.Roll(slice);

    /// <summary>
    /// Adds units to a slice, negative ones for a cancel; a slice after <see cref="Newest"/> rolls the window to it.
    /// </summary>
    /// <returns>False if the slice has already left the window: nothing is added.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The slice would hold fewer than 0 units; nothing changed.</exception>
    /// <exception cref="OverflowException">The window's sum does not fit 64 bits; nothing changed.</exception>
    public bool Add(long slice, long units) => _sums.Add(slice, units);

    /// <summary>u_i as if the window ended with <paramref name="slice"/>, without moving it. Exact from <see cref="Newest"/> on; before
    /// it, slices that have left the window are missing.</summary>
    public long UsageAt(long slice) => _sums.UsageAt(slice);

    /// <summary>
    /// The first slice from <paramref name="slice"/> (<see cref="Newest"/> or later) on by which the window holds at most <paramref name="most"/>
    /// units, if none are added: by then the older ones have left it.
    /// </summary>
    /// <param name="most">0 or more.</param>
    public long SliceWithAtMost(long most, long slice)
    {
        // Usage only falls as the window moves on, and is 0 once all of it has.
        long over = slice - 1, within = slice + _sums.Slices;
        while (within - over > 1)
        {
            long middle = over + ((within - over) / 2);
            if (UsageAt(middle) <= most) within = middle;
            else over = middle;
        }

        return within;
    }

    /// <summary>Units in one slice of the window; 0 outside it.</summary>
    public long UnitsIn(long slice) => _sums.UnitsIn(slice);
}
