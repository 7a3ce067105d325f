namespace CoopGrid.Domain.Usage;

/// <summary>
/// A class's units in the slices of its rolling window (SPEC.md §3): what its members' windows hold, slice by slice. Fed with every
/// addition that a member's window took, in any order.
/// <list type="number">
/// <item>The window of slice k is the slices k−W+1 to k. Held are the slices above <c>min(Newest, kept for) − W</c>.</item>
/// <item>A slice's sum is that of all that was added to it while it was held. It may be below 0 for a while: a member that moved to another
/// silo cancels there what it was admitted here, and the class may hear of the cancel first.</item>
/// <item>Once all is heard, <see cref="UsageAt"/> equals the sum of the members' for every slice that no window has passed. A member that
/// leaves takes its slices with it: each is added negative.</item>
/// <item>A call that throws has changed nothing, and no sum of slices overflows: neither what is above 0 nor what is below.</item>
/// </list>
/// </summary>
/// <remarks>There is one for each class, so it spends memory where <see cref="MemberWindow"/> saves it. Not thread-safe.</remarks>
public sealed class ClassWindow
{
    private readonly int _slices;

    // None with 0 units.
    private readonly SortedList<long, long> _held = [];
    private long _keptFor = long.MaxValue;
    private long _above;
    private long _below;

    /// <summary>An empty window that has not rolled yet.</summary>
    /// <param name="slices">W: slices in the window, the running one included; above 0.</param>
    public ClassWindow(int slices)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slices);
        _slices = slices;
    }

    /// <summary>The last slice of the window; <see cref="long.MinValue"/> before the first roll or addition.</summary>
    public long Newest { get; private set; } = long.MinValue;

    /// <summary>S: units in the window that ends with <see cref="Newest"/>.</summary>
    public long Usage { get; private set; }

    /// <summary>How many slices have a sum that is not 0.</summary>
    public int Count => _held.Count;

    /// <summary>A copy of the slices whose sum is not 0, oldest first: with <see cref="Newest"/>, all that a checkpoint needs.</summary>
    public IReadOnlyList<SliceUnits> Held => [.. _held.Select(slice => new SliceUnits(slice.Key, slice.Value))];

    /// <summary>A window as a checkpoint holds it; slices that left it (it may be shorter than it was) are dropped.</summary>
    /// <exception cref="ArgumentException">A slice is not above its predecessor, is above <paramref name="newest"/>, or has a sum of 0.</exception>
    /// <exception cref="OverflowException">The sums do not fit 64 bits.</exception>
    /// <param name="keptFor">As for <see cref="KeepFor"/>.</param>
    public static ClassWindow Restore(int slices, long newest, ReadOnlySpan<SliceUnits> held, long keptFor = long.MaxValue)
    {
        var window = new ClassWindow(slices) { Newest = newest, _keptFor = keptFor };
        for (int i = 0; i < held.Length; i++)
        {
            (long slice, long units) = (held[i].Slice, held[i].Units);
            if (units == 0 || slice > newest || (i > 0 && slice <= held[i - 1].Slice))
                throw new ArgumentException($"Slice {slice} with {units} units at place {i} is out of order.", nameof(held));
            window.Add(slice, units);
        }

        return window;
    }

    /// <summary>Moves the window so that it ends with <paramref name="slice"/>. It never goes back: an earlier slice changes nothing.</summary>
    public void Roll(long slice)
    {
        if (slice <= Newest) return;
        Usage = UsageAt(slice);
        Newest = slice;
        DropGone();
    }

    /// <summary>Holds what the windows of <paramref name="slice"/> and later ones need, so that <see cref="UsageAt"/> is exact from there on.</summary>
    public void KeepFor(long slice)
    {
        _keptFor = slice;
        DropGone();
    }

    /// <summary>
    /// Adds units to a slice, negative ones for a cancel; a slice after <see cref="Newest"/> rolls the window to it.
    /// </summary>
    /// <returns>False if the slice has already left the window and is not kept either: nothing is added.</returns>
    /// <exception cref="OverflowException">The sums do not fit 64 bits; nothing changed.</exception>
    public bool Add(long slice, long units)
    {
        if (slice <= Gone) return false;
        long before = UnitsIn(slice), sum = before + units;
        long above = _above - Math.Max(before, 0) + Math.Max(sum, 0);
        long below = _below - Math.Min(before, 0) + Math.Min(sum, 0);

        (_above, _below) = (above, below);
        if (sum == 0) _held.Remove(slice);
        else _held[slice] = sum;
        if (slice > Newest) Roll(slice);
        else if (slice > LeftBefore(Newest)) Usage += units;
        return true;
    }

    /// <summary>S as if the window ended with <paramref name="slice"/>, without moving it. Exact from <see cref="Newest"/> on, or from
    /// the slice that it keeps for; before it, slices that have left the window are missing.</summary>
    public long UsageAt(long slice)
    {
        long left = LeftBefore(slice), sum = 0;
        for (int i = _held.Count - 1; i >= 0 && _held.GetKeyAtIndex(i) > left; i--)
        {
            if (_held.GetKeyAtIndex(i) <= slice) sum += _held.GetValueAtIndex(i);
        }

        return sum;
    }

    /// <summary>The sum of one slice; 0 for one that is not held.</summary>
    public long UnitsIn(long slice) => _held.GetValueOrDefault(slice);

    /// <summary>The last slice that is no longer held.</summary>
    private long Gone => LeftBefore(Math.Min(Newest, _keptFor));

    /// <summary>The last slice that is no longer in the window of <paramref name="slice"/>.</summary>
    private long LeftBefore(long slice) => slice < long.MinValue + _slices ? long.MinValue : slice - _slices;

    private void DropGone()
    {
        while (_held.Count > 0 && _held.GetKeyAtIndex(0) <= Gone)
        {
            long units = _held.GetValueAtIndex(0);
            _above -= Math.Max(units, 0);
            _below -= Math.Min(units, 0);
            _held.RemoveAt(0);
        }
    }
}
