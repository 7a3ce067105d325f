using System.Collections.Immutable;
using System.Numerics;

namespace CoopGrid.Domain.Billing;

/// <summary>What a bill's line is for, in the order in which lines stand on a bill: that of SPEC.md §10's formula.</summary>
public enum BillLineKind : byte
{
    Fixed = 1,
    Overage = 2,
    Surcharge = 3,
    Reservation = 4,
    ReservationOverage = 5,
    Adjustment = 6,
    Credit = 7,
}

/// <summary>
/// One line of a bill, with all that its amount is computed from: whoever reads it can compute it again.
/// <list type="number">
/// <item><c>Amount</c> is <c>Exact</c> rounded once, half to even; only an adjustment is the difference of two such amounts.</item>
/// <item>What the member owes is above 0; a credit is below.</item>
/// </list>
/// </summary>
public abstract record BillLine
{
    public abstract BillLineKind Kind { get; }

    /// <summary>The class and epoch whose rules and figures it goes by: the bill's own, but for an adjustment.</summary>
    public required ClassEpoch Epoch { get; init; }

    /// <summary>The policy version that it goes by; for a surcharge the one that decided the multiplier.</summary>
    public required int PolicyVersion { get; init; }

    /// <summary>Micro-credits before rounding.</summary>
    public abstract ExactAmount Exact { get; }

    /// <summary>Micro-credits.</summary>
    public abstract long Amount { get; }
}

/// <summary>The fixed fee for the slices of the member's enrolment: <c>round(fixed_fee · n_i / n)</c>.</summary>
public sealed record FixedLine : BillLine
{
    public override BillLineKind Kind => BillLineKind.Fixed;

    /// <summary>Micro-credits per member and epoch.</summary>
    public required long FixedFee { get; init; }

    /// <summary>n_i.</summary>
    public required long EnrolledSlices { get; init; }

    /// <summary>n, above 0.</summary>
    public required long Slices { get; init; }

    public override ExactAmount Exact => new((Int128)FixedFee * EnrolledSlices, Slices);

    public override long Amount => Exact.Rounded;
}

/// <summary>What the member used beyond the comfort share of the mean: <c>round(rate · max(0, 1000·M·u_i − κ·S·n_i) / (1000·M))</c>.</summary>
public sealed record OverageLine : BillLine
{
    public override BillLineKind Kind => BillLineKind.Overage;

    /// <summary>Micro-credits per unit.</summary>
    public required long Rate { get; init; }

    /// <summary>κ in ‰.</summary>
    public required long ComfortPermille { get; init; }

    /// <summary>u_i.</summary>
    public required long Units { get; init; }

    /// <summary>n_i.</summary>
    public required long EnrolledSlices { get; init; }

    /// <summary>S and M of the epoch that the mean is taken from; M is above 0.</summary>
    public required EpochMean Mean { get; init; }

    public override ExactAmount Exact
    {
        get
        {
            BigInteger scale = (Int128)1000 * Mean.MemberSlices;
            BigInteger comfort = (BigInteger)ComfortPermille * Mean.Usage * EnrolledSlices;
            return new(Rate * BigInteger.Max(0, (scale * Units) - comfort), scale);
        }
    }

    public override long Amount => Exact.Rounded;
}

/// <summary>What surged units cost on top, for one policy version: <c>round(rate · Σ surged · (multiplier − 1000) / 1000)</c>.</summary>
public sealed record SurchargeLine : BillLine
{
    public override BillLineKind Kind => BillLineKind.Surcharge;

    /// <summary>Micro-credits per unit at twice the price.</summary>
    public required long Rate { get; init; }

    /// <summary>The breakdown by multiplier, ascending; all of <see cref="BillLine.PolicyVersion"/>.</summary>
    public required ImmutableArray<SurgedUnits> Surged { get; init; }

    public override ExactAmount Exact
    {
        get
        {
            // At most 63 bits of units times 20 of a multiplier, and a few groups: 128 bits hold the sum, not the product with the rate.
            Int128 weighted = 0;
            foreach (SurgedUnits group in Surged) weighted += (Int128)group.Units * (group.MultiplierPermille - 1000);
            return new(Rate * (BigInteger)weighted, 1000);
        }
    }

    public override long Amount => Exact.Rounded;

    public bool Equals(SurchargeLine? other) => base.Equals(other) && Rate == other.Rate && Surged.SequenceEqual(other.Surged);

    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Rate, Surged.Length);
}
