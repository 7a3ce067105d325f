using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Billing.Exports;

/// <summary>What an export says besides the bill itself.</summary>
public sealed record BillHeading
{
    /// <summary>What people call the co-op: it provides, publishes and invoices.</summary>
    public required string CoopName { get; init; }

    /// <summary>The co-op's currency label.</summary>
    public required string Currency { get; init; }

    /// <summary>FOCUS's allowed value nearest to what the co-op shares.</summary>
    public string ServiceCategory { get; init; } = "Other";

    /// <summary>The span of an epoch: the bill's, and those that its adjustments cite.</summary>
    public required Func<ClassEpoch, EpochSpan> SpanOf { get; init; }
}
