using System.Buffers;
using System.Collections.Immutable;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// A slot's entry as the bytes that its book is stored in. The first byte is the kind; kinds and the order of their fields are stored: never change
/// them, add new kinds. Golden bytes of every kind are held by a test.
/// </summary>
public static class SlotEntryCodec
{
    private const byte OpenedKind = 1;
    private const byte RequestAcceptedKind = 2;
    private const byte ClearedKind = 3;
    private const byte MemberRevokedKind = 4;
    private const byte StartedKind = 5;
    private const byte EndedKind = 6;

    /// <summary>The entry's bytes.</summary>
    public static byte[] Encode(SlotEntry entry)
    {
        ArrayBufferWriter<byte> buffer = new();
        var writer = new EntryWriter(buffer);
        writer.Byte(KindOf(entry));
        writer.Number(entry.Sequence);
        writer.Number(entry.At.UnixMicroseconds);
        switch (entry)
        {
            case SlotOpened opened:
                Write(writer, opened.Terms);
                break;
            case RequestAccepted accepted:
                Write(writer, accepted.Request);
                break;
            case SlotCleared cleared:
                writer.Number(cleared.UnitPrice);
                writer.Number(cleared.Awards.Length);
                foreach (Award award in cleared.Awards) Write(writer, award);
                break;
            case MemberRevoked revoked:
                writer.Text(revoked.Member);
                break;
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">The bytes are of a kind that this version does not know, or of none.</exception>
    public static SlotEntry Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new EntryReader(bytes);
        byte kind = reader.Byte();
        long sequence = reader.Number();
        var at = new Instant(reader.Number());
        SlotEntry entry = kind switch
        {
            OpenedKind => new SlotOpened(sequence, at, ReadTerms(ref reader)),
            RequestAcceptedKind => new RequestAccepted(sequence, at, ReadRequest(ref reader)),
            ClearedKind => new SlotCleared(sequence, at, reader.Number(), ReadAwards(ref reader)),
            MemberRevokedKind => new MemberRevoked(sequence, at, reader.Text()),
            StartedKind => new SlotStarted(sequence, at),
            EndedKind => new SlotEnded(sequence, at),
            _ => throw new FormatException($"The slot's book holds an entry of kind {kind}, which this version does not know."),
        };
        return reader.AtEnd ? entry : throw new FormatException($"The slot's book holds an entry of kind {kind} with bytes left over.");
    }

    private static byte KindOf(SlotEntry entry) => entry switch
    {
        SlotOpened => OpenedKind,
        RequestAccepted => RequestAcceptedKind,
        SlotCleared => ClearedKind,
        MemberRevoked => MemberRevokedKind,
        SlotStarted => StartedKind,
        SlotEnded => EndedKind,
        _ => throw new InvalidOperationException($"Entry {entry.GetType().Name} has no kind."),
    };

    private static void Write(EntryWriter writer, SlotTerms terms)
    {
        writer.Number(terms.Slot);
        writer.Number(terms.PolicyVersion);
        writer.Number(terms.Opens.UnixMicroseconds);
        writer.Number(terms.GateCloses.UnixMicroseconds);
        writer.Number(terms.Starts.UnixMicroseconds);
        writer.Number(terms.Seconds);
        writer.Number(terms.SellableUnitsPerSecond);
        writer.Number(terms.ReservePrice);
        writer.Number(terms.MemberCapUnitsPerSecond);
    }

    private static SlotTerms ReadTerms(ref EntryReader reader) => new()
    {
        Slot = reader.Number(),
        PolicyVersion = checked((int)reader.Number()),
        Opens = new(reader.Number()),
        GateCloses = new(reader.Number()),
        Starts = new(reader.Number()),
        Seconds = reader.Number(),
        SellableUnitsPerSecond = reader.Number(),
        ReservePrice = reader.Number(),
        MemberCapUnitsPerSecond = reader.Number(),
    };

    private static void Write(EntryWriter writer, MarketRequest request)
    {
        writer.Text(request.Member);
        writer.Text(request.Key);
        writer.Byte((byte)request.Kind);
        writer.Number(request.Bid);
        writer.Number(request.UnitsPerSecond);
        writer.Number(request.UnitPrice);
    }

    private static MarketRequest ReadRequest(ref EntryReader reader) => new()
    {
        Member = reader.Text(),
        Key = reader.Text(),
        Kind = (MarketRequestKind)reader.Byte(),
        Bid = reader.Number(),
        UnitsPerSecond = reader.Number(),
        UnitPrice = reader.Number(),
    };

    private static void Write(EntryWriter writer, in Award award)
    {
        writer.Number(award.Number);
        writer.Text(award.Member);
        writer.Number(award.WonUnitsPerSecond);
        writer.Number(award.RejectedUnitsPerSecond);
        writer.Number(award.OverCapUnitsPerSecond);
        writer.Number(award.BelowReserveUnitsPerSecond);
    }

    private static ImmutableArray<Award> ReadAwards(ref EntryReader reader)
    {
        long count = reader.Number();
        ImmutableArray<Award>.Builder awards = ImmutableArray.CreateBuilder<Award>();
        for (long i = 0; i < count; i++)
        {
            awards.Add(new(reader.Number(), reader.Text(), reader.Number(), reader.Number(), reader.Number())
            {
                BelowReserveUnitsPerSecond = reader.Number(),
            });
        }

        return awards.ToImmutable();
    }
}
