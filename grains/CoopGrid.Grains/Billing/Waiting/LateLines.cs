using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>
/// Adjustment lines of late units (SPEC.md §9). A report's lines are computed from what never changes any more: the epoch's frozen figures, the member's bill of it,
/// and the late units before. So they are the same whenever they are handed in, and by the report's number they are handed in once.
/// </summary>
internal sealed class LateLines(IBillStore store, IPriceHistory prices, GridClock clock)
{
    // No key of an operator's begins with it.
    private const string Key = "\u0001late";

    /// <summary>Hands a report's lines of one epoch in; false while the epoch's books are open.</summary>
    /// <param name="leaving">For a member that has left: what its final bill is made of.</param>
    public async Task<bool> HandInAsync(MemberId member, ClassId @class, LateReport late, LeavingMember? leaving, CancellationToken cancellation)
    {
        if (await RatedAsync(member, @class, late.Epoch, leaving, cancellation) is not var (frozen, billed)) return false;
        Rerating rated = RerateRule.Adjust(frozen, billed.Plus(late.Before), late.Units);
        foreach ((int place, AdjustmentLine line) in rated.Lines.Index())
        {
            string key = $"{Key}/{late.Meter}/{late.ReportSequence}/{late.Epoch}/{place}";
            var handIn = new HandIn(member, key, BillCodec.EncodeLine(member.Coop, line), null, clock.Read().Now.UnixMs);
            HandInAnswer answer = await store.HandInAsync(handIn, cancellation);
            if (answer.Outcome is not (HandInOutcome.Taken or HandInOutcome.TakenBefore))
                throw new InvalidOperationException($"Late units of {member} in epoch {late.Epoch} were handed in before with other lines.");
        }

        return true;
    }

    /// <summary>
    /// The multipliers of the slices of a report that are older than all that the silo knows: by the price history, and 1000 before its first row. What the history
    /// does not reach yet is left out.
    /// </summary>
    /// <param name="known">The first slice whose multiplier the silo knows.</param>
    public async Task<Dictionary<long, int>> MultipliersBeforeAsync(ClassId @class, UsageReport report, long known, CancellationToken cancellation)
    {
        Dictionary<long, int> multipliers = [];
        SliceUsage[] old = [.. report.Slices.Where(slice => slice.Slice < known)];
        if (old.Length == 0) return multipliers;

        // A period is a slice here, and its end value prices the next one.
        long from = old[0].Slice - 1, until = old[^1].Slice - 1;
        while (from <= until)
        {
            IReadOnlyList<PricePeriod> rows = await prices.ReadAsync(@class, from, old.Length, cancellation);
            if (multipliers.Count == 0 && rows.Count > 0)
            {
                // Rows leave no gap.
                foreach (SliceUsage slice in old.Where(slice => slice.Slice <= rows[0].Period)) multipliers[slice.Slice] = 1000;
            }

            foreach (PricePeriod row in rows)
            {
                foreach (SliceUsage slice in old)
                {
                    if (slice.Slice > row.Period && slice.Slice <= row.Period + row.Count) multipliers[slice.Slice] = row.MultiplierPermille;
                }
            }

            if (rows.Count < old.Length) break;
            from = rows[^1].Period + rows[^1].Count;
        }

        return multipliers;
    }

    private async Task<(ClassFigures Frozen, MemberFigures Billed)?> RatedAsync(
        MemberId member, ClassId @class, long epoch, LeavingMember? leaving, CancellationToken cancellation)
    {
        if (leaving is not null && leaving.Final.Epoch.Number == epoch) return (leaving.Final.ToFigures(@class), leaving.Used);
        EpochBooks? books = (await store.FindEpochAsync(@class, epoch, cancellation))?.ToBooks();
        if (books?.End is null) return null;
        BillRow? bill = await store.FindBillAsync(@class, epoch, member.Member, cancellation);
        return (books.Closing!.Figures, bill is null ? MemberFigures.None : MemberFigures.BilledBy(bill.ToBill()));
    }
}
