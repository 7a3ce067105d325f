using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Exports;
using BillLine = CoopGrid.Domain.Billing.BillLine;
using BillLineKind = CoopGrid.Protocol.V1.BillLineKind;
using SurgedUnits = CoopGrid.Domain.Billing.SurgedUnits;

namespace CoopGrid.Silo.Grpc;

/// <summary>Lines of bills on the wire: in words, and with what their amount is computed from.</summary>
internal static class BillLineMapping
{
    public static Protocol.V1.BillLine ToLine(BillLine line)
    {
        var reply = new Protocol.V1.BillLine
        {
            Kind = (BillLineKind)(int)line.Kind,
            Epoch = line.Epoch.Number,
            PolicyVersion = line.PolicyVersion,
            AmountMicroCredits = line.Amount,
            Description = FocusRows.Description(line),
        };
        switch (line)
        {
            case FixedLine fee:
                reply.Fixed = new() { FixedFeeMicroCredits = fee.FixedFee, EnrolledSlices = fee.EnrolledSlices, Slices = fee.Slices };
                break;
            case OverageLine overage:
                reply.Overage = new()
                {
                    RateMicroCredits = overage.Rate,
                    ComfortPermille = overage.ComfortPermille,
                    Units = overage.Units,
                    EnrolledSlices = overage.EnrolledSlices,
                    MeanEpoch = overage.Mean.Epoch,
                    MeanUsageUnits = overage.Mean.Usage,
                    MeanMemberSlices = overage.Mean.MemberSlices,
                };
                break;
            case SurchargeLine surcharge:
                reply.Surcharge = new() { RateMicroCredits = surcharge.Rate };
                foreach (SurgedUnits group in surcharge.Surged)
                    reply.Surcharge.Surged.Add(new Protocol.V1.SurgedUnits { MultiplierPermille = group.MultiplierPermille, Units = group.Units });
                break;
            case ReservationLine slot:
                reply.Reservation = new()
                {
                    SlotStartUnixMs = slot.SlotStart.UnixMs,
                    Seconds = slot.Seconds,
                    UnitsPerSecond = slot.UnitsPerSecond,
                    UnitPriceMicroCredits = slot.UnitPrice,
                };
                break;
            case BeyondLine beyond:
                reply.ReservationOverage = new() { RateMicroCredits = beyond.Rate, Units = beyond.Units, MultiplierPermille = beyond.MultiplierPermille };
                break;
            case AdjustmentLine adjustment:
                reply.Adjustment = new() { LateUnits = adjustment.LateUnits };
                if (adjustment.Before is { } before) reply.Adjustment.Before = ToLine(before);
                if (adjustment.After is { } after) reply.Adjustment.After = ToLine(after);
                break;
        }

        return reply;
    }
}
