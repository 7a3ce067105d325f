using System.Buffers;
using System.Collections.Immutable;
using CoopGrid.Domain.Billing;
using CoopGrid.Model;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// A member's entry as bytes: in the ledger, in stored keys and in the keys held in memory. The first byte is the kind; kinds and the order of their fields are stored: never
/// change them, add new kinds. Golden bytes of every kind are held by a test.
/// </summary>
public static class MemberEntryCodec
{
    private const byte EnrolledKind = 1;
    private const byte StatusChangedKind = 2;
    private const byte EntitlementChangedKind = 3;
    private const byte AdmittedKind = 4;
    private const byte CancelledKind = 5;
    private const byte MeterRegisteredKind = 6;
    private const byte UsageReportedKind = 7;
    private const byte EvidenceKeptKind = 8;
    private const byte EpochBeganKind = 9;
    private const byte AdmittedMoreKind = 10;
    private const byte CancelledMoreKind = 11;
    private const byte UsageReportedMoreKind = 12;
    private const byte BankDecayedKind = 60;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    /// <summary>The entry's bytes, good until the thread's next call.</summary>
    public static ReadOnlySpan<byte> Encode(MemberEntry entry)
    {
        ArrayBufferWriter<byte> buffer = _buffer ??= new(512);
        buffer.ResetWrittenCount();
        Write(new EntryWriter(buffer), entry);
        return buffer.WrittenSpan;
    }

    /// <summary>An entry's number and moment, without reading the rest.</summary>
    public static (long Sequence, Instant At) Head(ReadOnlySpan<byte> bytes)
    {
        var reader = new EntryReader(bytes[1..]);
        return (reader.Number(), new(reader.Number()));
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">The bytes are of a kind that this version does not know, or of none.</exception>
    public static MemberEntry Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new EntryReader(bytes);
        byte kind = reader.Byte();
        long sequence = reader.Number();
        var at = new Instant(reader.Number());
        long slice = reader.Number();
        int policy = checked((int)reader.Number());
        MemberEntry entry = kind switch
        {
            EnrolledKind => new Enrolled(sequence, at, slice, policy, reader.Text(), checked((int)reader.Number())),
            StatusChangedKind => new StatusChanged(sequence, at, slice, policy, (MemberStatus)reader.Byte(), reader.Text()),
            EntitlementChangedKind => new EntitlementChanged(sequence, at, slice, policy, reader.Text(), reader.Byte() == 1),
            AdmittedKind => ReadAdmitted(ref reader, sequence, at, slice, policy),
            AdmittedMoreKind => EntryExtras.Read(ref reader, ReadAdmitted(ref reader, sequence, at, slice, policy)),
            CancelledKind => ReadCancelled(ref reader, sequence, at, slice, policy),
            CancelledMoreKind => EntryExtras.Read(ref reader, ReadCancelled(ref reader, sequence, at, slice, policy)),
            MeterRegisteredKind => new MeterRegistered(sequence, at, slice, policy, reader.Text()),
            UsageReportedKind => ReadReported(ref reader, sequence, at, slice, policy),
            UsageReportedMoreKind => EntryExtras.Read(ref reader, ReadReported(ref reader, sequence, at, slice, policy)),
            EvidenceKeptKind => new EvidenceKept(
                sequence, at, slice, policy, reader.Text(), reader.Number(), reader.Fingerprint(), reader.Fingerprint()),
            EpochBeganKind => new EpochBegan(
                sequence, at, slice, policy, new EpochSlices(reader.Number(), reader.Number(), reader.Number()), reader.Number()),
            BankDecayedKind => new BankDecayed(
                sequence, at, slice, policy, new EpochSlices(reader.Number(), reader.Number(), reader.Number()), EntryExtras.ReadBank(ref reader)),
            _ => throw new FormatException($"The ledger holds an entry of kind {kind}, which this version does not know."),
        };
        return reader.AtEnd ? entry : throw new FormatException($"The ledger holds an entry of kind {kind} with bytes left over.");
    }

    private static void Write(EntryWriter writer, MemberEntry entry)
    {
        writer.Byte(KindOf(entry));
        writer.Number(entry.Sequence);
        writer.Number(entry.At.UnixMicroseconds);
        writer.Number(entry.Slice);
        writer.Number(entry.PolicyVersion);
        switch (entry)
        {
            case Admitted admitted:
                WriteAdmitted(writer, admitted);
                if (EntryExtras.Has(admitted)) EntryExtras.Write(writer, admitted);
                break;
            case Cancelled cancelled:
                writer.Text(cancelled.Key);
                writer.Number(cancelled.AdmittedSlice);
                writer.Number(cancelled.Units);
                writer.Number(cancelled.ReturnedUnits);
                if (EntryExtras.Has(cancelled)) EntryExtras.Write(writer, cancelled);
                break;
            case UsageReported reported:
                writer.Text(reported.Meter);
                writer.Number(reported.ReportSequence);
                writer.Fingerprint(reported.Payload);
                WriteSlices(writer, reported.Slices);
                if (EntryExtras.Has(reported)) EntryExtras.Write(writer, reported);
                break;
            case Enrolled enrolled:
                writer.Text(enrolled.Class);
                writer.Number(enrolled.WindowSlices);
                break;
            case StatusChanged changed:
                writer.Byte((byte)changed.Status);
                writer.Text(changed.Reason);
                break;
            case EntitlementChanged changed:
                writer.Text(changed.Lane);
                writer.Byte(changed.Entitled ? (byte)1 : (byte)0);
                break;
            case MeterRegistered registered:
                writer.Text(registered.Meter);
                break;
            case EvidenceKept evidence:
                writer.Text(evidence.Meter);
                writer.Number(evidence.ReportSequence);
                writer.Fingerprint(evidence.AcceptedPayload);
                writer.Fingerprint(evidence.OtherPayload);
                break;
            case EpochBegan began:
                writer.Number(began.Epoch.Number);
                writer.Number(began.Epoch.First);
                writer.Number(began.Epoch.End);
                writer.Number(began.FirstUnbilled);
                break;
            case BankDecayed decayed:
                writer.Number(decayed.Epoch.Number);
                writer.Number(decayed.Epoch.First);
                writer.Number(decayed.Epoch.End);
                EntryExtras.Write(writer, decayed.Bank);
                break;
        }
    }

    private static byte KindOf(MemberEntry entry) => entry switch
    {
        Admitted admitted => EntryExtras.Has(admitted) ? AdmittedMoreKind : AdmittedKind,
        Cancelled cancelled => EntryExtras.Has(cancelled) ? CancelledMoreKind : CancelledKind,
        UsageReported reported => EntryExtras.Has(reported) ? UsageReportedMoreKind : UsageReportedKind,
        Enrolled => EnrolledKind,
        StatusChanged => StatusChangedKind,
        EntitlementChanged => EntitlementChangedKind,
        MeterRegistered => MeterRegisteredKind,
        EvidenceKept => EvidenceKeptKind,
        EpochBegan => EpochBeganKind,
        BankDecayed => BankDecayedKind,
        _ => throw new InvalidOperationException($"Entry {entry.GetType().Name} has no kind."),
    };

    private static void WriteAdmitted(EntryWriter writer, Admitted admitted)
    {
        writer.Text(admitted.Key);
        writer.Fingerprint(admitted.Payload);
        writer.Text(admitted.Lane);
        writer.Number(admitted.MultiplierPermille);
        writer.Number(admitted.Covered.Exempt);
        writer.Number(admitted.Covered.Reserved);
        writer.Number(admitted.Covered.Baseline);
        writer.Number(admitted.Covered.Banked);
        writer.Number(admitted.Covered.Surged);
        writer.Number(admitted.WindowUsageUnits);
        writer.Number(admitted.BaselineRemainingUnits);
        writer.Number(admitted.QuotaSpentMicroUnits);
        writer.Text(admitted.Caller);
    }

    private static Admitted ReadAdmitted(ref EntryReader reader, long sequence, Instant at, long slice, int policy)
    {
        string key = reader.Text();
        ulong payload = reader.Fingerprint();
        string lane = string.Intern(reader.Text());
        int multiplier = checked((int)reader.Number());
        var covered = new Covered(reader.Number(), reader.Number(), reader.Number(), reader.Number(), reader.Number());
        return new(
            sequence, at, slice, policy, key, payload, lane, multiplier, covered, reader.Number(), reader.Number(), reader.Number(), reader.Text());
    }

    private static Cancelled ReadCancelled(ref EntryReader reader, long sequence, Instant at, long slice, int policy) =>
        new(sequence, at, slice, policy, reader.Text(), reader.Number(), reader.Number(), reader.Number());

    private static UsageReported ReadReported(ref EntryReader reader, long sequence, Instant at, long slice, int policy) =>
        new(sequence, at, slice, policy, reader.Text(), reader.Number(), reader.Fingerprint(), ReadSlices(ref reader));

    private static void WriteSlices(EntryWriter writer, ImmutableArray<ReportedSlice> slices)
    {
        writer.Number(slices.Length);
        foreach (ReportedSlice slice in slices)
        {
            writer.Number(slice.Slice);
            writer.Number(slice.BaselineUnits);
            writer.Number(slice.SurgedUnits);
            writer.Number(slice.MultiplierPermille);
        }
    }

    private static ImmutableArray<ReportedSlice> ReadSlices(ref EntryReader reader)
    {
        var slices = new ReportedSlice[checked((int)reader.Number())];
        for (int i = 0; i < slices.Length; i++)
            slices[i] = new(reader.Number(), reader.Number(), reader.Number(), checked((int)reader.Number()));
        return ImmutableArray.Create(slices);
    }
}
