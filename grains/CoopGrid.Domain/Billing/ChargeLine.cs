namespace CoopGrid.Domain.Billing;

/// <summary>
/// A reservation or its overage as bills before December 2026 have it: with its amount, and its price in words only. Nothing makes it any more; see
/// <see cref="ReservationLine"/> and <see cref="BeyondLine"/>.
/// </summary>
public sealed record ChargeLine : BillLine
{
    private readonly BillLineKind _kind;

    /// <param name="kind">Reservation or ReservationOverage.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another kind: those are computed by the bill.</exception>
    public ChargeLine(BillLineKind kind) => _kind = kind is BillLineKind.Reservation or BillLineKind.ReservationOverage
        ? kind
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, "Only reservations and their overage are handed in.");

    public override BillLineKind Kind => _kind;

    /// <summary>Units reserved, or used beyond the reservation.</summary>
    public required long Units { get; init; }

    /// <summary>The multiplier it was charged at, in ‰; 0 where there is none.</summary>
    public int MultiplierPermille { get; init; }

    /// <summary>What it is for, for the member: the slot, the price.</summary>
    public required string Description { get; init; }

    /// <summary>Micro-credits before rounding, as decided.</summary>
    public required ExactAmount Charge { get; init; }

    public override ExactAmount Exact => Charge;

    public override long Amount => Charge.Rounded;
}

/// <summary>Where a credit comes from.</summary>
public enum CreditSource : byte
{
    /// <summary>The co-op gives back what it charged.</summary>
    Refund = 1,

    /// <summary>A share of the commons.</summary>
    CommonsShare = 2,

    /// <summary>The member has paid.</summary>
    Payment = 3,
}

/// <summary>Micro-credits in the member's favour, posted by an operator or a proposal with a reason.</summary>
public sealed record CreditLine : BillLine
{
    public override BillLineKind Kind => BillLineKind.Credit;

    public required CreditSource Source { get; init; }

    /// <summary>Micro-credits, above 0: they lower the bill.</summary>
    public required long Credit { get; init; }

    /// <summary>Why, as it was posted.</summary>
    public required string Reason { get; init; }

    public override ExactAmount Exact => ExactAmount.Of(-Credit);

    public override long Amount => -Credit;
}

/// <summary>
/// A correction of a line of an epoch that has closed: what the line would be now, less what it was, both against the frozen figures.
/// </summary>
public sealed record AdjustmentLine : BillLine
{
    public override BillLineKind Kind => BillLineKind.Adjustment;

    /// <summary>The line as it was billed, corrections before this one included; null if there was none.</summary>
    public required BillLine? Before { get; init; }

    /// <summary>The line rated anew; null if nothing is left of it.</summary>
    public required BillLine? After { get; init; }

    /// <summary>What came late: units of the member, or of the surged group.</summary>
    public required long LateUnits { get; init; }

    public override ExactAmount Exact => Before switch
    {
        null => After?.Exact ?? ExactAmount.Of(0),
        { } before => After is { } after ? after.Exact.Minus(before.Exact) : before.Exact.Negated,
    };

    public override long Amount => (After?.Amount ?? 0) - (Before?.Amount ?? 0);
}
