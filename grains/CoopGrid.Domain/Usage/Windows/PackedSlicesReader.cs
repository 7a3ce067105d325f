namespace CoopGrid.Domain.Usage;

/// <summary>Reads the bytes of <see cref="PackedSlices"/>, oldest slice first.</summary>
/// <param name="bytes">Slices, and zeroes after them.</param>
/// <param name="before">What the first slice's distance is counted from.</param>
internal ref struct PackedSlicesReader(ReadOnlySpan<byte> bytes, long before)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The slice read last.</summary>
    public SliceUnits Current { get; private set; } = new(before, 0);

    /// <summary>Where its bytes begin; after the last slice, where that ends.</summary>
    public int Start { get; private set; }

    /// <summary>Where its bytes end.</summary>
    public int End { get; private set; }

    public bool MoveNext()
    {
        Start = End;
        if (End == _bytes.Length || _bytes[End] == 0) return false;
        ulong units = Number();
        ulong distance = (units & 1) == 0 ? 1 : Number();
        Current = new(unchecked(Current.Slice + (long)distance), (long)(units >> 1));
        return true;
    }

    private ulong Number()
    {
        ulong value = 0;
        int shift = 0;
        for (; _bytes[End] >= 0x80; shift += 7) value |= (ulong)(_bytes[End++] & 0x7F) << shift;
        return value | ((ulong)_bytes[End++] << shift);
    }
}
