using System.Collections.Immutable;
using System.Globalization;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing.Exports;

/// <summary>
/// A bill as rows of FOCUS, the FinOps Open Cost and Usage Specification, version 1.2: its mandatory columns, and those of the others that a
/// co-op has something to say in, by name.
/// <list type="number">
/// <item>One row for each line. Two kinds have none: payments, which are no cost, and an overage of nobody's use, since FOCUS wants consumed
/// quantities above 0.</item>
/// <item><c>Σ BilledCost</c> is the bill's total before payments. No price is reduced, so the four costs of a row are the same.</item>
/// <item>An adjustment is a <c>Correction</c>, and its charge period is the epoch that it cites.</item>
/// <item>A reservation is a purchase, and its id is its class and the slot's start. What it is used for costs nothing and has no row, so none has a status.</item>
/// </list>
/// FOCUS wants a national currency; a co-op's label stands there as it is.
/// </summary>
public static class FocusRows
{
    /// <summary>The columns, in their order.</summary>
    public static ImmutableArray<string> Columns { get; } =
    [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart",
        "CapacityReservationId", "CapacityReservationStatus", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency",
        "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost", "PricingCategory", "PricingQuantity", "PricingUnit",
        "ProviderName", "PublisherName", "ServiceCategory", "ServiceName", "SkuId", "SubAccountId", "SubAccountName",
    ];

    /// <summary>The rows as CSV, the columns' names first.</summary>
    public static string Write(Bill bill, BillHeading heading) =>
        Csv.Record(Columns) + string.Concat(Of(bill, heading).Select(row => Csv.Record(row)));

    /// <summary>Each row's fields in the order of <see cref="Columns"/>; null is an empty field.</summary>
    public static IEnumerable<ImmutableArray<string>> Of(Bill bill, BillHeading heading)
    {
        foreach (BillLine line in bill.Lines)
        {
            if (line is OverageLine { Units: 0 } or CreditLine { Source: CreditSource.Payment }) continue;
            yield return Row(bill, line, heading);
        }
    }

    private static ImmutableArray<string> Row(Bill bill, BillLine line, BillHeading heading)
    {
        EpochSpan billed = heading.SpanOf(bill.Epoch);
        EpochSpan charged = heading.SpanOf(line.Epoch);
        string cost = MicroCredits.Text(line.Amount);
        string category = Category(line);
        (string quantity, string unit) = Quantity(line);
        bool isUsage = category == "Usage";
        string member = bill.Member.Member;
        return
        [
            cost, bill.Member.ToString(), member, heading.Currency, Text(billed.End), Text(billed.Start),
            line is ReservationLine slot ? $"{line.Epoch.Class}/{Text(slot.SlotStart)}" : "", "", category,
            line.Kind == BillLineKind.Adjustment ? "Correction" : "", Description(line), isUsage ? "Usage-Based" : line is FixedLine ? "Recurring" : "One-Time",
            Text(charged.End), Text(charged.Start), isUsage ? quantity : "", isUsage ? unit : "", cost, cost,
            bill.IsProjected ? "" : bill.Number.ToString(CultureInfo.InvariantCulture), heading.CoopName, cost,
            line is SurchargeLine ? "Dynamic" : "Standard", quantity, unit, heading.CoopName, heading.CoopName, heading.ServiceCategory,
            line.Epoch.Class.ToString(), $"{line.Epoch.Class}/{line.Kind}/v{line.PolicyVersion}", bill.Member.ToString(), member,
        ];
    }

    // Whole seconds, as FOCUS writes moments.
    private static string Text(Instant moment) => moment.ToDateTimeOffset().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Category(BillLine line) => line switch
    {
        FixedLine or { Kind: BillLineKind.Reservation } => "Purchase",
        CreditLine => "Credit",
        _ => "Usage",
    };

    private static (string Quantity, string Unit) Quantity(BillLine line)
    {
        (long? quantity, string unit) = line switch
        {
            FixedLine fixedLine => (fixedLine.EnrolledSlices, "Slices"),
            OverageLine overage => (overage.Units, "Units"),
            SurchargeLine surcharge => (surcharge.Surged.Sum(group => group.Units), "Units"),
            ReservationLine slot => (slot.Units, "Units"),
            BeyondLine beyond => (beyond.Units, "Units"),
            ChargeLine charge => (charge.Units, "Units"),
            AdjustmentLine adjustment => (adjustment.LateUnits, "Units"),
            _ => ((long?)null, ""),
        };
        return (quantity?.ToString(CultureInfo.InvariantCulture) ?? "", unit);
    }

    /// <summary>What a line is for, in words.</summary>
    public static string Description(BillLine line) => line switch
    {
        FixedLine fee => $"Fixed fee for {fee.EnrolledSlices} of {fee.Slices} slices",
        OverageLine overage => $"Units above {overage.ComfortPermille} ‰ of the mean {overage.Mean.Usage}/{overage.Mean.MemberSlices} a slice, at {overage.Rate} micro-credits",
        SurchargeLine surcharge => $"Surcharge: {string.Join(", ", surcharge.Surged.Select(group => $"{group.Units} units at {group.MultiplierPermille} ‰"))}",
        ReservationLine slot => $"Slot {Text(slot.SlotStart)}: {slot.UnitsPerSecond} units/s for {slot.Seconds} s at {slot.UnitPrice} micro-credits",
        BeyondLine beyond => $"{beyond.Units} units beyond a running reservation at {beyond.MultiplierPermille} ‰",
        ChargeLine charge => charge.Description,
        AdjustmentLine adjustment => $"{adjustment.LateUnits} late units of epoch {adjustment.Epoch.Number}: {(adjustment.After ?? adjustment.Before)!.Kind}",
        CreditLine credit => $"{credit.Source}: {credit.Reason}",
        _ => throw new InvalidOperationException($"Unknown line {line.GetType().Name}."),
    };
}
