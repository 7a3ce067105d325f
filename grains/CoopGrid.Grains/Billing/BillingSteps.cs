using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>Steps of an epoch's books in the form in which they are stored.</summary>
internal static class BillingSteps
{
    /// <summary>The step that follows a row.</summary>
    /// <param name="handedIn">The lines that stand on each of its bills, in their order.</param>
    public static BillingStep After(EpochRow? row, EpochStep step, IReadOnlyList<HandedIn> handedIn, Instant now) => new()
    {
        Class = step.Books.Epoch.Class,
        Epoch = step.Books.Epoch.Number,
        AfterStep = row?.Step ?? 0,
        State = EpochBooksJson.Write(step.Books),
        Bills = [.. step.Bills.Select((bill, place) => new NewBill(bill.Member.Member, bill.Charges, BillCodec.Encode(bill), handedIn[place].Ids))],
        Entries = [.. step.Entries.Select(ToRow)],
        UnixMs = now.UnixMs,
    };

    /// <summary>An entry in a row: what it does to each account.</summary>
    public static EntryRow ToRow(JournalEntry entry)
    {
        string member = entry.Postings.Where(posting => posting.Member is not null).Select(posting => posting.Member!.Value.Member).FirstOrDefault("");
        return new(member, default(Balances).After(entry), entry.Reason);
    }
}
