namespace CoopGrid.LoadTest.Wire;

/// <summary>
/// Finds the gRPC status in a header block (RFC 7541). The generator offers the server a table of size 0, so that every block stands for
/// itself.
/// </summary>
internal static class HeaderBlock
{
    /// <summary>There is no status in the block.</summary>
    public const int None = -1;

    /// <returns>The status, or <see cref="None"/>.</returns>
    /// <exception cref="InvalidDataException">The block is malformed or uses Huffman codes for the status's name.</exception>
    public static int Status(ReadOnlySpan<byte> block)
    {
        while (block.Length > 0)
        {
            byte first = block[0];
            if ((first & 0x80) != 0)
            {
                Number(ref block, 7);
                continue;
            }

            if ((first & 0xE0) == 0x20)
            {
                Number(ref block, 5);
                continue;
            }

            int place = Number(ref block, (first & 0x40) != 0 ? 6 : 4);
            bool isStatus = place == 0 && Text(ref block, out bool coded).SequenceEqual("grpc-status"u8) && !coded;
            ReadOnlySpan<byte> value = Text(ref block, out bool codedValue);
            if (isStatus) return codedValue ? Coded(value) : Digits(value);
        }

        return None;
    }

    private static int Digits(ReadOnlySpan<byte> value)
    {
        int status = 0;
        foreach (byte digit in value) status = (status * 10) + (digit - '0');
        return status;
    }

    /// <summary>A Huffman-coded "0" is 00000 and padding; any other status is an error anyhow.</summary>
    private static int Coded(ReadOnlySpan<byte> value) => value is [0x07] ? 0 : 2;

    private static ReadOnlySpan<byte> Text(ref ReadOnlySpan<byte> block, out bool coded)
    {
        if (block.Length == 0) throw Short();
        coded = (block[0] & 0x80) != 0;
        int length = Number(ref block, 7);
        if (length > block.Length) throw Short();
        ReadOnlySpan<byte> text = block[..length];
        block = block[length..];
        return text;
    }

    private static int Number(ref ReadOnlySpan<byte> block, int bits)
    {
        if (block.Length == 0) throw Short();
        int limit = (1 << bits) - 1;
        int number = block[0] & limit;
        block = block[1..];
        if (number < limit) return number;
        for (int shift = 0; ; shift += 7)
        {
            if (block.Length == 0 || shift > 21) throw Short();
            byte next = block[0];
            block = block[1..];
            number += (next & 0x7F) << shift;
            if ((next & 0x80) == 0) return number;
        }
    }

    private static InvalidDataException Short() => new("A header block of the server is malformed.");
}
