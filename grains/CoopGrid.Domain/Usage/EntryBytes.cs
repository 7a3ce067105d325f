using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace CoopGrid.Domain.Usage;

/// <summary>Writes the fields of an entry: numbers as zigzag varints, fingerprints as 8 bytes, texts as length and UTF-8.</summary>
internal readonly ref struct EntryWriter(ArrayBufferWriter<byte> buffer)
{
    public void Byte(byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }

    public void Number(long value)
    {
        Span<byte> span = buffer.GetSpan(10);
        ulong rest = unchecked((ulong)((value << 1) ^ (value >> 63)));
        int length = 0;
        while (rest >= 0x80)
        {
            span[length++] = unchecked((byte)(rest | 0x80));
            rest >>= 7;
        }

        span[length++] = (byte)rest;
        buffer.Advance(length);
    }

    public void Fingerprint(ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }

    public void Text(string value)
    {
        Number(Encoding.UTF8.GetByteCount(value));
        buffer.Advance(Encoding.UTF8.GetBytes(value, buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(value.Length))));
    }
}

/// <summary>Reads what <see cref="EntryWriter"/> wrote.</summary>
internal ref struct EntryReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool AtEnd => _rest.IsEmpty;

    public byte Byte()
    {
        byte value = _rest[0];
        _rest = _rest[1..];
        return value;
    }

    public long Number()
    {
        ulong value = 0;
        int shift = 0;
        while (true)
        {
            byte part = Byte();
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) break;
            shift += 7;
            if (shift > 63) throw new FormatException("A number in the ledger is longer than 64 bits.");
        }

        return unchecked((long)(value >> 1) ^ -(long)(value & 1));
    }

    public ulong Fingerprint()
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        _rest = _rest[8..];
        return value;
    }

    public string Text()
    {
        int length = checked((int)Number());
        string value = Encoding.UTF8.GetString(_rest[..length]);
        _rest = _rest[length..];
        return value;
    }
}
