using System.Buffers.Binary;
using System.Text;

namespace CoopGrid.Grains.Ledger;

/// <summary>Bytes written one after the other into an array that grows by doubling and is kept for the next use.</summary>
internal sealed class GrowingBuffer
{
    /// <summary>Text that is not valid Unicode is refused: two names must never be stored as one.</summary>
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[] _bytes = new byte[4096];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public void Truncate(int length) => Length = length;

    public void Byte(byte value) => Take(1)[0] = value;

    public void Hash(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    public void Text(string value)
    {
        int bytes = Utf8.GetByteCount(value);
        Unsigned((ulong)bytes);
        Utf8.GetBytes(value, Take(bytes));
    }

    /// <summary>Zig-zag: small numbers of either sign are short.</summary>
    public void Signed(long value) => Unsigned(unchecked((ulong)((value << 1) ^ (value >> 63))));

    /// <summary>Seven bits a byte, the lowest first; the top bit says that more follow.</summary>
    public void Unsigned(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Byte(unchecked((byte)(value | 0x80)));
        Byte((byte)value);
    }

    private Span<byte> Take(int count)
    {
        int needed = Length + count;
        if (needed > _bytes.Length) Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        Span<byte> taken = _bytes.AsSpan(Length, count);
        Length = needed;
        return taken;
    }
}
