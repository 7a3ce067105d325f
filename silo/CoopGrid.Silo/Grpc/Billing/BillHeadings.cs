using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Exports;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;

namespace CoopGrid.Silo.Grpc;

/// <summary>What bills of one co-op say of it, and the times of the epochs that they cite, each read once.</summary>
internal sealed class BillHeadings
{
    private readonly Dictionary<ClassEpoch, EpochSpan> _spans = [];
    private readonly IBillStore _store;
    private readonly BillHeading _heading;

    public BillHeadings(CoopProfile coop, IBillStore store)
    {
        _store = store;
        _heading = new() { CoopName = coop.Title, Currency = coop.Currency, SpanOf = epoch => _spans[epoch] };
    }

    /// <summary>The heading of a bill, and of those before it.</summary>
    public async Task<BillHeading> OfAsync(Bill bill, CancellationToken cancellation)
    {
        await ReadSpan(bill.Epoch, bill.Epoch, cancellation);
        foreach (BillLine line in bill.Lines) await ReadSpan(line.Epoch, bill.Epoch, cancellation);
        return _heading;
    }

    // Only epochs with bills have books; a line of another one, a slot's of before the class's first bills, stands in the time of its bill.
    private async ValueTask ReadSpan(ClassEpoch epoch, ClassEpoch otherwise, CancellationToken cancellation)
    {
        if (_spans.ContainsKey(epoch)) return;
        EpochRow? row = await _store.FindEpochAsync(epoch.Class, epoch.Number, cancellation);
        _spans[epoch] = row?.ToBooks().Span ?? _spans[otherwise];
    }
}
