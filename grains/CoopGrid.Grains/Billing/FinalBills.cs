using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>Final bills of members that leave (SPEC.md §13). Settling again gives the bill that there is.</summary>
internal sealed class FinalBills(IBillStore store, GridClock clock)
{
    /// <summary>Makes the member's bill of the running epoch, and closes its books.</summary>
    /// <param name="soFar">The class's figures so far.</param>
    /// <param name="span">The time of the whole epoch.</param>
    /// <param name="used">The member's own.</param>
    /// <exception cref="InvalidOperationException">The epoch's books are closed, and the member has no bill in them.</exception>
    public async Task<Bill> SettleAsync(MemberId member, ClassFigures soFar, EpochSpan span, MemberFigures used, CancellationToken cancellation)
    {
        (ClassId @class, long epoch) = soFar.Epoch;
        while (true)
        {
            EpochRow? row = await store.FindEpochAsync(@class, epoch, cancellation);
            if (await store.FindBillAsync(@class, epoch, member.Member, cancellation) is { } billed) return billed.ToBill();
            EpochBooks books = row?.ToBooks() ?? new() { Epoch = soFar.Epoch, Span = span };
            if (books.End is not null) throw new InvalidOperationException($"The books of {soFar.Epoch} are closed, and {member} has no bill in them.");
            var handedIn = HandedIn.Of(await store.ListHandedInAsync(member.Coop, new(member.Member, member.Member), cancellation), soFar);
            EpochStep step = books.Settle(member, soFar, used, handedIn.Lines);

            // Somebody else has settled or billed meanwhile: what is left is looked at anew.
            await store.WriteAsync(BillingSteps.After(row, step, [handedIn], clock.Read().Now), cancellation);
        }
    }
}
