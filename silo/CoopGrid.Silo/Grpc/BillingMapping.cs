using CoopGrid.Domain.Billing;
using CoopGrid.Interfaces;
using Bill = CoopGrid.Domain.Billing.Bill;
using BillLine = CoopGrid.Domain.Billing.BillLine;
using SurgedUnits = CoopGrid.Domain.Billing.SurgedUnits;

namespace CoopGrid.Silo.Grpc;

/// <summary>Bills between the wire and the rules.</summary>
internal static class BillingMapping
{
    public static Protocol.V1.Bill ToReply(Bill bill, ProjectedFigures figures)
    {
        var reply = new Protocol.V1.Bill
        {
            Number = bill.Number,
            Coop = bill.Member.Coop,
            Member = bill.Member.Member,
            Class = bill.Epoch.Class.Class,
            Epoch = bill.Epoch.Number,
            StartUnixMs = figures.Start.UnixMs,
            EndUnixMs = figures.End.UnixMs,
            ChargesMicroCredits = bill.Charges,
            TotalMicroCredits = bill.Total,
        };
        reply.Lines.AddRange(bill.Lines.Select(ToReply));
        return reply;
    }

    private static Protocol.V1.BillLine ToReply(BillLine line)
    {
        var reply = new Protocol.V1.BillLine { Epoch = line.Epoch.Number, PolicyVersion = line.PolicyVersion, AmountMicroCredits = line.Amount };
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
            default:
                throw new InvalidOperationException($"A line of kind {line.Kind} has no form on the wire.");
        }

        return reply;
    }
}
