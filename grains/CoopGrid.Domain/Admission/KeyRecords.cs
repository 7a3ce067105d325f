using System.Buffers.Binary;

namespace CoopGrid.Domain.Admission;

/// <summary>
/// Records in the order of their coming, packed end to end into blocks, so that a key costs its bytes and not three objects.
/// <list type="number">
/// <item>A record keeps its position for life; positions ascend. Dropping the oldest moves nothing.</item>
/// <item>What is dropped frees its block once the whole block is dropped; the only block of few records is no larger than they need.</item>
/// <item>A record never straddles two blocks, and every block but the newest ends with a record.</item>
/// </list>
/// A struct, embedded by one owner and never handed out.
/// </summary>
internal struct KeyRecords()
{
    private const int BlockBytes = 512;

    // A record: hash of the key (4 bytes), length of the entry (2), units given back (8), the entry.
    private const int Header = 14;
    private const int OffsetBits = 16;

    private byte[] _newest = [];
    private List<byte[]?>? _older;
    private int _filled;
    private int _number;
    private int _dropped;

    /// <summary>The oldest record's position, or <see cref="End"/>.</summary>
    public long First { get; private set; }

    /// <summary>Where the next record would go.</summary>
    public readonly long End => Position(_number, _filled);

    public readonly long Next(long position)
    {
        (int number, int offset) = Place(position);
        int after = offset + Header + LengthAt(position);
        return number < _number && after == Block(number).Length ? Position(number + 1, 0) : Position(number, after);
    }

    public readonly int HashAt(long position) => BinaryPrimitives.ReadInt32LittleEndian(At(position));

    public readonly long ReturnedAt(long position) => BinaryPrimitives.ReadInt64LittleEndian(At(position)[6..]);

    public readonly ReadOnlySpan<byte> EntryAt(long position) => At(position).Slice(Header, LengthAt(position));

    public readonly void SetReturned(long position, long units) => BinaryPrimitives.WriteInt64LittleEndian(At(position)[6..], units);

    /// <returns>The record's position.</returns>
    public long Append(int hash, ReadOnlySpan<byte> entry)
    {
        int size = Header + entry.Length;
        if (_filled + size > _newest.Length) MakeRoom(size);
        long position = End;
        Span<byte> record = _newest.AsSpan(_filled, size);
        BinaryPrimitives.WriteInt32LittleEndian(record, hash);
        BinaryPrimitives.WriteUInt16LittleEndian(record[4..], (ushort)entry.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record[6..], 0);
        entry.CopyTo(record[Header..]);
        _filled += size;
        return position;
    }

    /// <summary>Drops the oldest record; there must be another one.</summary>
    public void DropFirst()
    {
        int before = Place(First).Number;
        First = Next(First);
        if (Place(First).Number == before) return;
        _older![before - _dropped] = null;

        // The list is shortened now and then, so that dropping a block costs the same however many there are.
        int gone = before + 1 - _dropped;
        if (gone * 2 < _older.Count) return;
        _older.RemoveRange(0, gone);
        _dropped += gone;
    }

    private void MakeRoom(int size)
    {
        int needed = _filled + size;
        if (_number == 0 && needed <= BlockBytes)
        {
            // The first record gets what it needs, for many members have no second one; further ones half as much again.
            Array.Resize(ref _newest, _filled == 0 ? needed : Math.Min(BlockBytes, needed * 3 / 2));
            return;
        }

        if (_filled > 0)
        {
            Array.Resize(ref _newest, _filled);
            (_older ??= []).Add(_newest);
            _number++;
            _filled = 0;
        }

        _newest = new byte[Math.Max(BlockBytes, size)];
    }

    private readonly int LengthAt(long position) => BinaryPrimitives.ReadUInt16LittleEndian(At(position)[4..]);

    private readonly Span<byte> At(long position)
    {
        (int number, int offset) = Place(position);
        return Block(number).AsSpan(offset);
    }

    private readonly byte[] Block(int number) => number == _number ? _newest : _older![number - _dropped]!;

    private static long Position(int number, int offset) => ((long)number << OffsetBits) | (uint)offset;

    private static (int Number, int Offset) Place(long position) => ((int)(position >> OffsetBits), (int)(position & ((1 << OffsetBits) - 1)));
}
