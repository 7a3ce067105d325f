using System.Globalization;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Billing.Exports;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Protocol.V1;
using Bill = CoopGrid.Domain.Billing.Bill;

namespace CoopGrid.Silo.Grpc;

/// <summary>Bills and books between the wire and the rules.</summary>
internal static class BillMapping
{
    public static Protocol.V1.Bill ToReply(Bill bill, BillHeading heading, BillRow row)
    {
        EpochSpan span = heading.SpanOf(bill.Epoch);
        var reply = new Protocol.V1.Bill
        {
            Coop = bill.Member.Coop,
            Number = bill.Number,
            Member = bill.Member.Member,
            Class = bill.Epoch.Class.Class,
            Epoch = bill.Epoch.Number,
            StartUnixMs = span.Start.UnixMs,
            EndUnixMs = span.End.UnixMs,
            IssuedUnixMs = row.IssuedUnixMs,
            Currency = heading.Currency,
            ChargesMicroCredits = bill.Charges,
            TotalMicroCredits = bill.Total,
        };
        reply.Lines.AddRange(bill.Lines.Select(BillLineMapping.ToLine));
        return reply;
    }

    /// <summary>A projected bill: it has no number, and is not issued.</summary>
    public static Protocol.V1.Bill ToReply(Bill bill, ProjectedFigures figures, string currency)
    {
        var reply = new Protocol.V1.Bill
        {
            Coop = bill.Member.Coop,
            Member = bill.Member.Member,
            Class = bill.Epoch.Class.Class,
            Epoch = bill.Epoch.Number,
            StartUnixMs = figures.Start.UnixMs,
            EndUnixMs = figures.End.UnixMs,
            Currency = currency,
            ChargesMicroCredits = bill.Charges,
            TotalMicroCredits = bill.Total,
        };
        reply.Lines.AddRange(bill.Lines.Select(BillLineMapping.ToLine));
        return reply;
    }

    public static ClosingReply ToReply(EpochBooks books)
    {
        EpochClosing? closing = books.Closing;
        return new()
        {
            Coop = books.Epoch.Class.Coop,
            Class = books.Epoch.Class.Class,
            Epoch = books.Epoch.Number,
            StartUnixMs = books.Span.Start.UnixMs,
            EndUnixMs = books.Span.End.UnixMs,
            State = StateOf(books),
            Bills = closing?.Bills ?? 0,
            UsageUnits = closing?.Figures.Usage ?? 0,
            BilledUnits = (closing?.Units ?? 0) + books.Leavers.Units,
            MemberSlices = closing?.Figures.MemberSlices ?? 0,
            BilledMemberSlices = (closing?.MemberSlices ?? 0) + books.Leavers.MemberSlices,
            ChargesMicroCredits = Text(closing?.Charges ?? 0),
            WaitingFor = books.Waiting,
            RevenueMicroCredits = books.End is { } end ? Text(end.Revenue) : "",
            RoundingMicroCredits = books.End?.Rounding ?? 0,
            CommonsMicroCredits = books.End?.CommonsShare ?? 0,
            DecayedUnits = closing?.DecayedUnits ?? 0,
            CommonsUnits = books.CommonsUnits,
        };
    }

    public static BalancesReply ToReply(in BooksRow books, long member) => new()
    {
        MembersMicroCredits = Text(books.Balances.Members),
        RevenueMicroCredits = Text(books.Balances.Revenue),
        PaymentsMicroCredits = Text(books.Balances.Payments),
        CommonsMicroCredits = Text(books.Balances.Commons),
        RoundingMicroCredits = Text(books.Balances.Rounding),
        LastBill = books.LastBill,
        MemberMicroCredits = member,
    };

    private static ClosingState StateOf(EpochBooks books)
    {
        if (books.End is not null) return ClosingState.Closed;
        if (books.Closing is null) return ClosingState.Open;
        return books.Waiting.Length > 0 ? ClosingState.Waiting : ClosingState.Billing;
    }

    private static string Text(Int128 amount) => amount.ToString(CultureInfo.InvariantCulture);
}
