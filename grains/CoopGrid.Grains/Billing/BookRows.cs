using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Grains.Ledger;

namespace CoopGrid.Grains.Billing;

/// <summary>What the rows of the books say.</summary>
public static class BookRows
{
    /// <summary>A bill as it was issued.</summary>
    public static Bill ToBill(this BillRow row) =>
        BillCodec.Decode(row.Number, new(row.Class.Coop, row.Member), new(row.Class, row.Epoch), row.Lines);

    /// <summary>An epoch's books.</summary>
    public static EpochBooks ToBooks(this EpochRow row) => EpochBooksJson.Read(new(row.Class, row.Epoch), row.State);
}
