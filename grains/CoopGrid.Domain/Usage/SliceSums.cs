using System.Runtime.InteropServices;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// Units by slice over a rolling window, only the slices that hold any.
/// <list type="number">
/// <item>The window of slice k is the slices k−W+1 to k.</item>
/// <item>The slices held are in ascending order, none twice, each above <c>min(Newest, KeptFor) − W</c> and at most <c>Newest</c>, each
/// with more than 0 units; <c>Usage</c> is the sum of those above <c>Newest − W</c>.</item>
/// <item>A call that throws has changed nothing.</item>
/// </list>
/// A struct, so that a member's window is one object and one array, and neither until it is needed; each owner embeds one and
/// never hands it out.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct SliceSums
{
    private readonly int _slices;
    private int _count;
    private SliceUnits[] _held = [];

    /// <param name="slices">W: slices in the window, above 0.</param>
    public SliceSums(int slices)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(slices);
        _slices = slices;
    }

    /// <summary>The last slice of the window; <see cref="long.MinValue"/> before the first roll.</summary>
    public long Newest { get; private set; } = long.MinValue;

    /// <summary>What the windows of this slice and later ones need is held, though newer windows have left it; by default nothing is.</summary>
    public long KeptFor { get; private set; } = long.MaxValue;

    public long Usage { get; private set; }

    public readonly ReadOnlySpan<SliceUnits> Held => _held.AsSpan(0, _count);

    /// <summary>Reads a checkpoint; slices that have left the window are dropped.</summary>
    /// <exception cref="ArgumentException">The slices break invariant 2.</exception>
    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    public static SliceSums Restore(int slices, long newest, ReadOnlySpan<SliceUnits> held, long keptFor = long.MaxValue)
    {
        var sums = new SliceSums(slices) { KeptFor = keptFor };
        sums.Roll(newest);
        for (int i = 0; i < held.Length; i++)
        {
            if (held[i].Units <= 0 || held[i].Slice > newest || (i > 0 && held[i].Slice <= held[i - 1].Slice))
                throw new ArgumentException($"Slice {held[i].Slice} with {held[i].Units} units at place {i} is out of order.", nameof(held));
            sums.Add(held[i].Slice, held[i].Units);
        }

        return sums;
    }

    public void Roll(long slice)
    {
        if (slice <= Newest) return;
        long before = LeftBefore(Newest);
        Newest = slice;
        long left = LeftBefore(slice);
        for (int i = 0; i < _count && _held[i].Slice <= left; i++)
        {
            if (_held[i].Slice > before) Usage -= _held[i].Units;
        }

        Drop();
    }

    public void KeepFor(long slice)
    {
        KeptFor = slice;
        Drop();
    }

    public bool Add(long slice, long units)
    {
        if (slice <= Gone) return false;
        int place = Find(slice);
        long sum = (place >= 0 ? _held[place].Units : 0) + units;
        if (sum < 0) throw new ArgumentOutOfRangeException(nameof(units), units, $"Slice {slice} holds only {sum - units} units.");
        long usage = UsageAt(Math.Max(slice, Newest)) + (slice > LeftBefore(Newest) ? units : 0);

        if (slice > Newest)
        {
            Roll(slice);
            place = ~_count;
        }

        Usage = usage;
        if (sum == 0) Remove(place);
        else if (place >= 0) _held[place] = new(slice, sum);
        else Insert(~place, new(slice, sum));
        return true;
    }

    public readonly long UsageAt(long slice)
    {
        if (slice == Newest) return Usage;
        long left = LeftBefore(slice);
        long usage = 0;
        foreach (SliceUnits held in Held)
        {
            if (held.Slice > left && held.Slice <= slice) usage += held.Units;
        }

        return usage;
    }

    public readonly long UnitsIn(long slice)
    {
        int place = Find(slice);
        return place >= 0 ? _held[place].Units : 0;
    }

    /// <summary>The last slice that is no longer held.</summary>
    private readonly long Gone => LeftBefore(Math.Min(Newest, KeptFor));

    private void Drop()
    {
        long left = Gone;
        int gone = 0;
        while (gone < _count && _held[gone].Slice <= left) gone++;
        if (gone == 0) return;
        _count -= gone;

        // A member that went quiet gives its array back.
        if (_count == 0) _held = [];
        else Array.Copy(_held, gone, _held, 0, _count);
    }

    /// <summary>The last slice that is no longer in the window of <paramref name="slice"/>.</summary>
    private readonly long LeftBefore(long slice) => slice < long.MinValue + _slices ? long.MinValue : slice - _slices;

    /// <summary>The slice's place, or the complement of the place where it would go.</summary>
    private readonly int Find(long slice)
    {
        // Nearly every call is about the newest slice.
        int low = 0;
        int high = _count - 1;
        if (high >= 0 && _held[high].Slice < slice) return ~_count;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (_held[middle].Slice == slice) return middle;
            if (_held[middle].Slice < slice) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    private void Insert(int place, SliceUnits units)
    {
        if (_count == _held.Length) Array.Resize(ref _held, Math.Max(_count + 1, Math.Min(_slices, Math.Max(2, _count * 2))));
        Array.Copy(_held, place, _held, place + 1, _count - place);
        _held[place] = units;
        _count++;
    }

    private void Remove(int place)
    {
        if (place < 0) return;
        _count--;
        Array.Copy(_held, place + 1, _held, place, _count - place);
        if (_count == 0) _held = [];
    }
}
