using System.Buffers;
using System.Collections.Immutable;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Stored;

/// <summary>
/// What is stored of a bill beside its number, member, class and epoch: its lines, some forty bytes, where JSON needs a thousand. Sums and amounts are not
/// stored: they are computed from the lines, as anybody would. The first byte is the form; a form never changes, add another. Golden bytes of every kind
/// of line are held by a test.
/// </summary>
public static class BillCodec
{
    private const byte Form = 1;

    /// <summary>The bill's lines as bytes.</summary>
    public static byte[] Encode(Bill bill)
    {
        ArrayBufferWriter<byte> buffer = new(64);
        var writer = new EntryWriter(buffer);
        writer.Byte(Form);
        writer.Number(bill.Lines.Length);
        foreach (BillLine line in bill.Lines) BillLineCodec.Write(writer, line, bill.Epoch);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The bill as it was issued.</summary>
    /// <exception cref="FormatException">The bytes are of a form that this version does not know, or of none.</exception>
    public static Bill Decode(long number, MemberId member, ClassEpoch epoch, ReadOnlySpan<byte> bytes)
    {
        EntryReader reader = Begin(bytes);
        var lines = new BillLine[checked((int)reader.Number())];
        for (int i = 0; i < lines.Length; i++) lines[i] = BillLineCodec.Read(ref reader, epoch);
        if (!reader.AtEnd) throw new FormatException($"Bill {number} of {member} has bytes left over.");
        return Bill.Of(member, epoch, ImmutableArray.Create(lines)) with { Number = number };
    }

    /// <summary>A line that waits for its member's next bill.</summary>
    public static byte[] EncodeLine(string coop, BillLine line)
    {
        ArrayBufferWriter<byte> buffer = new(64);
        var writer = new EntryWriter(buffer);
        writer.Byte(Form);
        BillLineCodec.Write(writer, line, NoEpoch(coop));
        return buffer.WrittenSpan.ToArray();
    }

    /// <inheritdoc cref="EncodeLine"/>
    /// <exception cref="FormatException">As for <see cref="Decode"/>.</exception>
    public static BillLine DecodeLine(string coop, ReadOnlySpan<byte> bytes)
    {
        EntryReader reader = Begin(bytes);
        BillLine line = BillLineCodec.Read(ref reader, NoEpoch(coop));
        return reader.AtEnd ? line : throw new FormatException("A line that waits for its bill has bytes left over.");
    }

    /// <summary>The epoch of a credit until it stands on a bill.</summary>
    public static ClassEpoch NoEpoch(string coop) => new(new(coop, ""), 0);

    private static EntryReader Begin(ReadOnlySpan<byte> bytes)
    {
        var reader = new EntryReader(bytes);
        byte form = reader.Byte();
        return form == Form ? reader : throw new FormatException($"The books hold a bill of form {form}, which this version does not know.");
    }
}
