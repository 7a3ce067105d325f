using System.Buffers;
using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Bank;

/// <summary>
/// A calendar's entry as the bytes that its book is stored in. The first byte is the kind; kinds and the order of their fields are stored: never change
/// them, add new kinds. Golden bytes of every kind are held by a test.
/// </summary>
public static class TicketEntryCodec
{
    private const byte IssuedKind = 1;
    private const byte CancelledKind = 2;
    private const byte ExpiredKind = 3;
    private const byte ReservedKind = 4;

    /// <summary>The entry's bytes.</summary>
    public static byte[] Encode(TicketEntry entry)
    {
        ArrayBufferWriter<byte> buffer = new();
        var writer = new EntryWriter(buffer);
        writer.Byte(KindOf(entry));
        writer.Number(entry.Sequence);
        switch (entry)
        {
            case TicketIssued { Ticket: var ticket }:
                writer.Number(ticket.Number);
                writer.Text(ticket.Member);
                writer.Text(ticket.Key);
                writer.Number(ticket.Units);
                writer.Number(ticket.Second);
                writer.Number(ticket.WaitMs);
                break;
            case TicketCancelled cancelled:
                writer.Number(cancelled.Number);
                break;
            case TicketsExpired expired:
                writer.Number(expired.ThroughSecond);
                break;
            case SecondsReserved reserved:
                writer.Number(reserved.From);
                writer.Number(reserved.Until);
                writer.Number(reserved.UnitsPerSecond);
                break;
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">The bytes are of a kind that this version does not know, or of none.</exception>
    public static TicketEntry Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new EntryReader(bytes);
        byte kind = reader.Byte();
        long sequence = reader.Number();
        TicketEntry entry = kind switch
        {
            IssuedKind => new TicketIssued(
                sequence,
                new(reader.Number(), reader.Text(), reader.Text(), reader.Number(), reader.Number(), checked((int)reader.Number()))),
            CancelledKind => new TicketCancelled(sequence, reader.Number()),
            ExpiredKind => new TicketsExpired(sequence, reader.Number()),
            ReservedKind => new SecondsReserved(sequence, reader.Number(), reader.Number(), reader.Number()),
            _ => throw new FormatException($"The calendar's book holds an entry of kind {kind}, which this version does not know."),
        };
        return reader.AtEnd ? entry : throw new FormatException($"The calendar's book holds an entry of kind {kind} with bytes left over.");
    }

    private static byte KindOf(TicketEntry entry) => entry switch
    {
        TicketIssued => IssuedKind,
        TicketCancelled => CancelledKind,
        TicketsExpired => ExpiredKind,
        SecondsReserved => ReservedKind,
        _ => throw new InvalidOperationException($"Entry {entry.GetType().Name} has no kind."),
    };
}
