using System.Runtime.InteropServices;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// Units by slice over a rolling window, only the slices that hold any.
/// <list type="number">
/// <item>The window of slice k is the slices k−W+1 to k.</item>
/// <item>The slices held are in ascending order, none twice, each above <c>Newest − W</c> and at most <c>Newest</c>, each with more than
/// 0 units; <c>Usage</c> is their sum.</item>
/// <item>A call that throws has changed nothing.</item>
/// </list>
/// Nearly every call is about the newest slice: its units are a number here, and adding to them looks at nothing else. The older ones
/// are packed when the window rolls on, and looked through from the oldest on when a call is about one of them.
/// A struct, so that a member's window is one object and one array, and neither until it is needed; its owner embeds it and
/// never hands it out.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct SliceSums
{
    private readonly int _slices;

    // Units of the slice Newest, and the slices before it.
    private long _units;
    private PackedSlices _older = new([]);

    /// <param name="slices">W: slices in the window, above 0.</param>
    public SliceSums(int slices)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slices);
        _slices = slices;
    }

    /// <summary>W.</summary>
    public readonly int Slices => _slices;

    /// <summary>The last slice of the window; <see cref="long.MinValue"/> before the first roll.</summary>
    public long Newest { get; private set; } = long.MinValue;

    public long Usage { get; private set; }

    /// <summary>How many slices hold units.</summary>
    public readonly int Count
    {
        get
        {
            int count = _units > 0 ? 1 : 0;
            foreach (SliceUnits _ in _older) count++;
            return count;
        }
    }

    /// <summary>A copy of the slices that hold units, oldest first.</summary>
    public readonly SliceUnits[] Held
    {
        get
        {
            var held = new SliceUnits[Count];
            int place = 0;
            foreach (SliceUnits slice in _older) held[place++] = slice;
            if (_units > 0) held[place] = new(Newest, _units);
            return held;
        }
    }

    /// <summary>Reads a checkpoint; slices that have left the window are dropped.</summary>
    /// <exception cref="ArgumentException">The slices break invariant 2.</exception>
    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    public static SliceSums Restore(int slices, long newest, ReadOnlySpan<SliceUnits> held)
    {
        var sums = new SliceSums(slices) { Newest = newest };
        int gone = 0;
        for (int i = 0; i < held.Length; i++)
        {
            if (held[i].Units <= 0 || held[i].Slice > newest || (i > 0 && held[i].Slice <= held[i - 1].Slice))
                throw new ArgumentException($"Slice {held[i].Slice} with {held[i].Units} units at place {i} is out of order.", nameof(held));
            if (held[i].Slice <= sums.Gone) gone++;
            else sums.Usage += held[i].Units;
        }

        ReadOnlySpan<SliceUnits> older = held[gone..];
        if (!older.IsEmpty && older[^1].Slice == newest)
        {
            sums._units = older[^1].Units;
            older = older[..^1];
        }

        sums._older = new(older);
        return sums;
    }

    public void Roll(long slice)
    {
        if (slice <= Newest) return;
        Usage = UsageAt(slice);
        var last = new SliceUnits(Newest, _units);
        (Newest, _units) = (slice, 0);

        // What has left makes room for what comes.
        _older.DropThrough(Gone);
        if (last.Units > 0 && last.Slice > Gone) _older.Set(last.Slice, last.Units);
    }

    public bool Add(long slice, long units)
    {
        if (slice <= Gone) return false;
        long sum = UnitsIn(slice) + units;
        if (sum < 0) throw new ArgumentOutOfRangeException(nameof(units), units, $"Slice {slice} holds only {sum - units} units.");
        long usage = UsageAt(Math.Max(slice, Newest)) + units;

        Roll(slice);
        Usage = usage;
        if (slice == Newest) _units = sum;
        else _older.Set(slice, sum);
        return true;
    }

    public readonly long UsageAt(long slice)
    {
        if (slice == Newest) return Usage;
        if (slice < Newest) return Sum(LeftBefore(slice), slice);

        // Most often one slice or none has left since.
        long left = LeftBefore(slice);
        return left >= Newest ? 0 : Usage - Sum(Gone, left);
    }

    public readonly long UnitsIn(long slice)
    {
        if (slice >= Newest) return slice == Newest ? _units : 0;
        foreach (SliceUnits held in _older)
        {
            if (held.Slice >= slice) return held.Slice == slice ? held.Units : 0;
        }

        return 0;
    }

    /// <summary>The last slice that is no longer held.</summary>
    private readonly long Gone => LeftBefore(Newest);

    /// <summary>The last slice that is no longer in the window of <paramref name="slice"/>.</summary>
    private readonly long LeftBefore(long slice) => slice < long.MinValue + _slices ? long.MinValue : slice - _slices;

    /// <summary>Units of the older slices above <paramref name="left"/> and up to <paramref name="last"/>.</summary>
    private readonly long Sum(long left, long last)
    {
        long sum = 0;
        foreach (SliceUnits held in _older)
        {
            if (held.Slice > last) break;
            if (held.Slice > left) sum += held.Units;
        }

        return sum;
    }
}
