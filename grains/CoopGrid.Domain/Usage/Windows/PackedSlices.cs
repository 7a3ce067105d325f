using System.Numerics;
using System.Runtime.InteropServices;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// Units by slice in as few bytes as they need: one to three for a slice with up to a million units that follows on the one before.
/// <list type="number">
/// <item>The slices are in ascending order, none twice, each with more than 0 units.</item>
/// <item>A slice is a varint of <c>2 · units</c>, plus 1 if it does not follow on the slice before; then a varint of the distance comes
/// after it. So no slice ends with a byte 0, and bytes 0 up to the array's end are room.</item>
/// <item>The array is at most an eighth and some bytes longer than was ever needed, and none without slices.</item>
/// </list>
/// Everything is found from the oldest slice on, in one pass. A struct, embedded by one owner and never handed out.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct PackedSlices
{
    private byte[] _bytes;

    // What the oldest slice's distance is counted from.
    private long _before;

    /// <param name="slices">Slices by invariant 1.</param>
    public PackedSlices(ReadOnlySpan<SliceUnits> slices)
    {
        _bytes = [];
        if (slices.IsEmpty) return;
        _before = slices[0].Slice - 1;
        int length = 0;
        long previous = _before;
        foreach (SliceUnits slice in slices)
        {
            length += LengthOf(previous, slice.Slice, slice.Units);
            previous = slice.Slice;
        }

        Span<byte> rest = MakeRoom(0, 0, length);
        previous = _before;
        foreach (SliceUnits slice in slices)
        {
            rest = Write(rest, previous, slice.Slice, slice.Units);
            previous = slice.Slice;
        }
    }

    /// <summary>Oldest first.</summary>
    public readonly PackedSlicesReader GetEnumerator() => new(_bytes, _before);

    /// <summary>Sets the units of a slice, anywhere; 0 takes it out.</summary>
    public void Set(long slice, long units)
    {
        PackedSlicesReader at = GetEnumerator();
        long previous = _before;
        bool more = at.MoveNext();
        for (; more && at.Current.Slice < slice; more = at.MoveNext()) previous = at.Current.Slice;
        int start = at.Start;
        if (start == 0 && units > 0) previous = _before = slice - 1;

        // The one after it has its distance counted anew.
        if (more && at.Current.Slice == slice) more = at.MoveNext();
        SliceUnits next = more ? at.Current : default;
        long nextPrevious = units > 0 ? slice : previous;
        int length = (units > 0 ? LengthOf(previous, slice, units) : 0) + (more ? LengthOf(nextPrevious, next.Slice, next.Units) : 0);
        Span<byte> room = MakeRoom(start, at.End, length);
        if (units > 0) room = Write(room, previous, slice, units);
        if (more) Write(room, nextPrevious, next.Slice, next.Units);
    }

    /// <summary>Takes out all slices up to <paramref name="last"/>.</summary>
    public void DropThrough(long last)
    {
        PackedSlicesReader at = GetEnumerator();
        long previous = _before;
        while (at.MoveNext() && at.Current.Slice <= last) previous = at.Current.Slice;
        if (at.Start == 0) return;
        _before = previous;
        MakeRoom(0, at.Start, 0);
    }

    /// <summary>Makes the bytes from <paramref name="start"/> to <paramref name="end"/> that many, to be written.</summary>
    private Span<byte> MakeRoom(int start, int end, int length)
    {
        int used = _bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        int needed = used - (end - start) + length;
        byte[] target = needed == 0 ? [] : needed <= _bytes.Length ? _bytes : new byte[(needed + (needed / 8) + 7) & ~7];
        if (target != _bytes) _bytes.AsSpan(0, start).CopyTo(target);
        _bytes.AsSpan(end, used - end).CopyTo(target.AsSpan(start + length));
        target.AsSpan(needed).Clear();
        _bytes = target;
        return target.AsSpan(start, length);
    }

    private static int LengthOf(long previous, long slice, long units)
    {
        ulong distance = Distance(previous, slice);
        return distance == 1 ? LengthOf((ulong)units << 1) : LengthOf((ulong)units << 1) + LengthOf(distance);
    }

    private static int LengthOf(ulong value) => 1 + (BitOperations.Log2(value | 1) / 7);

    /// <returns>What is left of the span.</returns>
    private static Span<byte> Write(Span<byte> span, long previous, long slice, long units)
    {
        ulong distance = Distance(previous, slice);
        return distance == 1 ? Write(span, (ulong)units << 1) : Write(Write(span, ((ulong)units << 1) | 1), distance);
    }

    private static Span<byte> Write(Span<byte> span, ulong value)
    {
        int length = 0;
        for (; value >= 0x80; value >>= 7) span[length++] = (byte)((value & 0x7F) | 0x80);
        span[length++] = (byte)value;
        return span[length..];
    }

    private static ulong Distance(long previous, long slice) => unchecked((ulong)(slice - previous));
}
