using System.Collections.Immutable;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Stored;

/// <summary>
/// One line of a bill as bytes: its kind (0 stands for no line), its class and epoch if they are not the bill's own, its policy version, and what its
/// amount is computed from.
/// </summary>
internal static class BillLineCodec
{
    private const byte OwnEpoch = 0;
    private const byte OtherEpoch = 1;

    // Reservations and their overage with what they are computed from: their kinds' own numbers are taken by the form that they had first.
    private const byte PricedReservation = 8;
    private const byte PricedOverage = 9;

    public static void Write(EntryWriter writer, BillLine line, ClassEpoch own)
    {
        writer.Byte(FormOf(line));
        writer.Byte(line.Epoch == own ? OwnEpoch : OtherEpoch);
        if (line.Epoch != own)
        {
            writer.Text(line.Epoch.Class.Class);
            writer.Number(line.Epoch.Number);
        }

        writer.Number(line.PolicyVersion);
        WriteInputs(writer, line);
    }

    public static BillLine Read(ref EntryReader reader, ClassEpoch own) =>
        ReadLine(ref reader, own) ?? throw new FormatException("The books hold a bill without one of its lines.");

    private static byte FormOf(BillLine line) => line switch
    {
        ReservationLine => PricedReservation,
        BeyondLine => PricedOverage,
        _ => (byte)line.Kind,
    };

    private static void WriteInputs(EntryWriter writer, BillLine line)
    {
        switch (line)
        {
            case FixedLine fee:
                writer.Number(fee.FixedFee);
                writer.Number(fee.EnrolledSlices);
                writer.Number(fee.Slices);
                break;
            case OverageLine overage:
                writer.Number(overage.Rate);
                writer.Number(overage.ComfortPermille);
                writer.Number(overage.Units);
                writer.Number(overage.EnrolledSlices);
                writer.Number(overage.Mean.Epoch);
                writer.Number(overage.Mean.Usage);
                writer.Number(overage.Mean.MemberSlices);
                break;
            case SurchargeLine surcharge:
                writer.Number(surcharge.Rate);
                writer.Number(surcharge.Surged.Length);
                foreach (SurgedUnits group in surcharge.Surged)
                {
                    writer.Number(group.MultiplierPermille);
                    writer.Number(group.Units);
                }

                break;
            case ReservationLine slot:
                writer.Number(slot.SlotStart.UnixMs);
                writer.Number(slot.Seconds);
                writer.Number(slot.UnitsPerSecond);
                writer.Number(slot.UnitPrice);
                break;
            case BeyondLine beyond:
                writer.Number(beyond.Rate);
                writer.Number(beyond.Units);
                writer.Number(beyond.MultiplierPermille);
                break;
            case ChargeLine charge:
                writer.Number(charge.Units);
                writer.Number(charge.MultiplierPermille);
                writer.Text(charge.Description);
                writer.Text(charge.Charge.ToString());
                break;
            case AdjustmentLine adjustment:
                writer.Number(adjustment.LateUnits);
                WriteNested(writer, adjustment.Before, adjustment.Epoch);
                WriteNested(writer, adjustment.After, adjustment.Epoch);
                break;
            case CreditLine credit:
                writer.Byte((byte)credit.Source);
                writer.Number(credit.Credit);
                writer.Text(credit.Reason);
                break;
            default:
                throw new InvalidOperationException($"Line {line.GetType().Name} has no form.");
        }
    }

    private static void WriteNested(EntryWriter writer, BillLine? line, ClassEpoch own)
    {
        if (line is null) writer.Byte(0);
        else Write(writer, line, own);
    }

    private static BillLine? ReadLine(ref EntryReader reader, ClassEpoch own)
    {
        byte kind = reader.Byte();
        if (kind == 0) return null;
        ClassEpoch epoch = reader.Byte() == OwnEpoch ? own : new(new(own.Class.Coop, reader.Text()), reader.Number());
        int version = checked((int)reader.Number());
        return kind switch
        {
            PricedReservation => new ReservationLine
            {
                Epoch = epoch,
                PolicyVersion = version,
                SlotStart = Instant.FromUnixMs(reader.Number()),
                Seconds = reader.Number(),
                UnitsPerSecond = reader.Number(),
                UnitPrice = reader.Number(),
            },
            PricedOverage => new BeyondLine
            {
                Epoch = epoch,
                PolicyVersion = version,
                Rate = reader.Number(),
                Units = reader.Number(),
                MultiplierPermille = checked((int)reader.Number()),
            },
            _ => ReadFirstForm((BillLineKind)kind, ref reader, epoch, version),
        };
    }

    private static BillLine ReadFirstForm(BillLineKind kind, ref EntryReader reader, ClassEpoch epoch, int version) =>
        kind switch
        {
            BillLineKind.Fixed => new FixedLine
            {
                Epoch = epoch,
                PolicyVersion = version,
                FixedFee = reader.Number(),
                EnrolledSlices = reader.Number(),
                Slices = reader.Number(),
            },
            BillLineKind.Overage => new OverageLine
            {
                Epoch = epoch,
                PolicyVersion = version,
                Rate = reader.Number(),
                ComfortPermille = reader.Number(),
                Units = reader.Number(),
                EnrolledSlices = reader.Number(),
                Mean = new(reader.Number(), reader.Number(), reader.Number()),
            },
            BillLineKind.Surcharge => new SurchargeLine { Epoch = epoch, PolicyVersion = version, Rate = reader.Number(), Surged = ReadSurged(ref reader, version) },
            BillLineKind.Reservation or BillLineKind.ReservationOverage => new ChargeLine(kind)
            {
                Epoch = epoch,
                PolicyVersion = version,
                Units = reader.Number(),
                MultiplierPermille = checked((int)reader.Number()),
                Description = reader.Text(),
                Charge = ExactAmount.Parse(reader.Text()),
            },
            BillLineKind.Adjustment => new AdjustmentLine
            {
                Epoch = epoch,
                PolicyVersion = version,
                LateUnits = reader.Number(),
                Before = ReadLine(ref reader, epoch),
                After = ReadLine(ref reader, epoch),
            },
            BillLineKind.Credit => new CreditLine
            {
                Epoch = epoch,
                PolicyVersion = version,
                Source = (CreditSource)reader.Byte(),
                Credit = reader.Number(),
                Reason = reader.Text(),
            },
            _ => throw new FormatException($"The books hold a line of kind {(byte)kind}, which this version does not know."),
        };

    private static ImmutableArray<SurgedUnits> ReadSurged(ref EntryReader reader, int version)
    {
        var groups = new SurgedUnits[checked((int)reader.Number())];
        for (int i = 0; i < groups.Length; i++) groups[i] = new(version, checked((int)reader.Number()), reader.Number());
        return ImmutableArray.Create(groups);
    }
}
