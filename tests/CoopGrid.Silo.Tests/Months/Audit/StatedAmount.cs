using System.Numerics;
using CoopGrid.Domain.Tests.Billing;
using CoopGrid.Protocol.V1;

namespace CoopGrid.Silo.Tests.Months.Audit;

/// <summary>What a line comes to by the quantities and prices that it states.</summary>
internal static class StatedAmount
{
    public static BigInteger Of(BillLine line) => line.InputsCase switch
    {
        BillLine.InputsOneofCase.Fixed => IndependentBiller.Round(Whole(line.Fixed.FixedFeeMicroCredits) * line.Fixed.EnrolledSlices, line.Fixed.Slices),
        BillLine.InputsOneofCase.Overage => Of(line.Overage),
        BillLine.InputsOneofCase.Surcharge => IndependentBiller.Round(line.Surcharge.RateMicroCredits * Weighted(line.Surcharge), 1000),
        BillLine.InputsOneofCase.Reservation =>
            Whole(line.Reservation.UnitsPerSecond) * line.Reservation.Seconds * line.Reservation.UnitPriceMicroCredits,
        BillLine.InputsOneofCase.ReservationOverage => IndependentBiller.Round(
            Whole(line.ReservationOverage.RateMicroCredits) * line.ReservationOverage.Units * (line.ReservationOverage.MultiplierPermille - 1000), 1000),
        BillLine.InputsOneofCase.Adjustment => OfNested(line.Adjustment.After) - OfNested(line.Adjustment.Before),
        _ => throw new InvalidOperationException($"A line that states nothing: {line}"),
    };

    private static BigInteger Of(Overage overage)
    {
        BigInteger scale = 1000 * Whole(overage.MeanMemberSlices);
        BigInteger above = (scale * overage.Units) - (Whole(overage.ComfortPermille) * overage.MeanUsageUnits * overage.EnrolledSlices);
        return IndependentBiller.Round(overage.RateMicroCredits * BigInteger.Max(0, above), scale);
    }

    private static BigInteger Weighted(Surcharge surcharge) =>
        surcharge.Surged.Aggregate(BigInteger.Zero, (sum, group) => sum + (Whole(group.Units) * (group.MultiplierPermille - 1000)));

    private static BigInteger OfNested(BillLine? line) => line is null ? 0 : Of(line);

    private static BigInteger Whole(long number) => number;
}
