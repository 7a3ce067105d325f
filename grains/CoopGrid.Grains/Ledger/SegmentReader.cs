using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>A stored segment, checked and read; <see cref="SegmentWriter"/> describes the format.</summary>
public sealed class SegmentReader
{
    private readonly SegmentRow _row;
    private readonly ReadOnlyMemory<byte> _body;
    private readonly string[] _coops;
    private int _at;

    private SegmentReader(in SegmentRow row)
    {
        _row = row;
        _body = Verified(row);
        _at = 1;
        if (Unsigned() != (ulong)row.Producer || Unsigned() != (ulong)row.Position) throw Corrupt("it names another place in the log.");
        _coops = Many(Text);
        bool wide = _body.Span[0] == SegmentWriter.WideVersion;
        Deltas = Many(() => wide
            ? new ClassDelta(Class(), Signed(), Signed(), Signed(), Signed(), Signed())
            : new ClassDelta(Class(), Signed(), Signed(), Signed()));
        Marks = Many(() => new SliceMark(Class(), Signed()));
        Entries = Many(() => new LedgerEntry(new(Coop(), Text()), Bytes()));
        if (_at != _body.Length) throw Corrupt("bytes follow its last entry.");
    }

    /// <summary>Merged per class and slice.</summary>
    public IReadOnlyList<ClassDelta> Deltas { get; }

    /// <summary>At most one for each class.</summary>
    public IReadOnlyList<SliceMark> Marks { get; }

    /// <summary>In the order of appending; their bytes are views of the row's.</summary>
    public IReadOnlyList<LedgerEntry> Entries { get; }

    /// <summary>Checks and reads a row.</summary>
    /// <exception cref="LedgerCorruptException">It is damaged, of an unknown version, or another place's.</exception>
    public static SegmentReader Read(SegmentRow row) => new(row);

    private static ReadOnlyMemory<byte> Verified(in SegmentRow row)
    {
        int length = row.Bytes.Length - sizeof(ulong);
        if (length < 1) throw new LedgerCorruptException(row.Producer, row.Position, "it is cut short.");
        ReadOnlyMemory<byte> body = row.Bytes[..length];
        // The hash comes first: a flipped version byte is damage, not a newer version.
        if (XxHash3.HashToUInt64(body.Span) != BinaryPrimitives.ReadUInt64LittleEndian(row.Bytes.Span[length..]))
            throw new LedgerCorruptException(row.Producer, row.Position, "its checksum does not match.");
        byte version = body.Span[0];
        if (version is not (SegmentWriter.Version or SegmentWriter.WideVersion))
            throw new LedgerCorruptException(row.Producer, row.Position, $"its version is {version}, this program knows {SegmentWriter.Version} and {SegmentWriter.WideVersion}.");
        return body;
    }

    private T[] Many<T>(Func<T> one)
    {
        ulong count = Unsigned();
        if (count > (ulong)(_body.Length - _at)) throw Corrupt("a count runs past its end.");
        var all = new T[count];
        for (int i = 0; i < all.Length; i++) all[i] = one();
        return all;
    }

    private ClassId Class() => new(Coop(), Text());

    private string Coop()
    {
        ulong place = Unsigned();
        return place < (ulong)_coops.Length ? _coops[place] : throw Corrupt("it names a co-op that it does not list.");
    }

    private string Text()
    {
        try
        {
            return GrowingBuffer.Utf8.GetString(Bytes().Span);
        }
        catch (DecoderFallbackException)
        {
            throw Corrupt("a name is not valid UTF-8.");
        }
    }

    private ReadOnlyMemory<byte> Bytes()
    {
        ulong length = Unsigned();
        if (length > (ulong)(_body.Length - _at)) throw Corrupt("a length runs past its end.");
        ReadOnlyMemory<byte> bytes = _body.Slice(_at, (int)length);
        _at += (int)length;
        return bytes;
    }

    private long Signed()
    {
        ulong value = Unsigned();
        return unchecked((long)(value >> 1) ^ -(long)(value & 1));
    }

    private ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (_at == _body.Length) throw Corrupt("a number runs past its end.");
            byte next = _body.Span[_at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Corrupt("a number is longer than 64 bits.");
    }

    private LedgerCorruptException Corrupt(string what) => new(_row.Producer, _row.Position, what);
}
