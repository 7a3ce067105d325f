using System.Numerics;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>Capacity of a slot, bought ahead: <c>units per second · seconds · price</c>, whole micro-credits.</summary>
public sealed record ReservationLine : BillLine
{
    public override BillLineKind Kind => BillLineKind.Reservation;

    /// <summary>When the slot started.</summary>
    public required Instant SlotStart { get; init; }

    /// <summary>The slot's length, in seconds.</summary>
    public required long Seconds { get; init; }

    /// <summary>What the member held then.</summary>
    public required long UnitsPerSecond { get; init; }

    /// <summary>The clearing price, in micro-credits per unit.</summary>
    public required long UnitPrice { get; init; }

    /// <summary>Units reserved.</summary>
    public long Units => checked(UnitsPerSecond * Seconds);

    public override ExactAmount Exact => new((BigInteger)UnitsPerSecond * Seconds * UnitPrice, 1);

    public override long Amount => Exact.Rounded;
}

/// <summary>What units beyond a running reservation cost on top, at one multiplier: <c>round(rate · units · (multiplier − 1000) / 1000)</c>.</summary>
public sealed record BeyondLine : BillLine
{
    public override BillLineKind Kind => BillLineKind.ReservationOverage;

    /// <summary>Micro-credits per unit at twice the price.</summary>
    public required long Rate { get; init; }

    /// <summary>Units beyond the reservation.</summary>
    public required long Units { get; init; }

    /// <summary>The multiplier that they were used at, in ‰.</summary>
    public required int MultiplierPermille { get; init; }

    public override ExactAmount Exact => new(Rate * (BigInteger)Units * (MultiplierPermille - 1000), 1000);

    public override long Amount => Exact.Rounded;
}
