using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>Classes' heads and histories in the ledger's database.</summary>
internal sealed class SqliteClassHeads(SqliteDatabase database) : IClassHeads
{
    public Task<IReadOnlyList<ClassId>> ListAsync(CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<ClassId>>(
        session => session.Query("SELECT coop, class FROM class ORDER BY coop, class", row => new ClassId(row.GetString(0), row.GetString(1))),
        cancellation);

    public Task FoundAsync(ClassId @class, ClassHead head, CancellationToken cancellation) => database.WriteAsync(session => session.Execute(
        "INSERT INTO class (coop, class, epoch, open_slice) VALUES ($coop, $class, $epoch, $open) ON CONFLICT DO NOTHING",
        ("$coop", @class.Coop), ("$class", @class.Class), ("$epoch", head.Epoch), ("$open", head.OpenSlice)));

    public Task<ClassHead?> ReadAsync(ClassId @class, CancellationToken cancellation) =>
        database.ReadAsync(session => Find(session, @class), cancellation);

    public Task<ClassHead> RaiseEpochAsync(ClassId @class, CancellationToken cancellation) => database.WriteAsync(session => session.Query(
        "UPDATE class SET epoch = epoch + 1 WHERE coop = $coop AND class = $class RETURNING epoch, open_slice",
        Head, ("$coop", @class.Coop), ("$class", @class.Class)) is [var head]
            ? head
            : throw new KeyNotFoundException($"Class {@class} was never founded."));

    public Task<bool> AppendPricesAsync(ClassId @class, long epoch, IReadOnlyList<PricePeriod> rows, CancellationToken cancellation) =>
        database.WriteAsync(session =>
        {
            if (Find(session, @class)?.Epoch != epoch) return false;
            foreach (PricePeriod row in rows) SqlitePriceHistory.Write(session, @class, row);
            return true;
        });

    public Task<ClosingOutcome> CloseSlicesAsync(ClassId @class, SliceClosing closing, CancellationToken cancellation) => database.WriteAsync(session =>
    {
        if (Find(session, @class) is not { } head || head.Epoch != closing.Epoch) return ClosingOutcome.Superseded;
        if (session.Scalar("SELECT max(producer) FROM producer") is long newest && newest > closing.LastProducer) return ClosingOutcome.ProducerJoined;
        foreach (SliceRow row in closing.Rows.Where(row => row.Slice >= head.OpenSlice)) SqliteSliceHistory.Write(session, @class, row);
        session.Execute(
            "UPDATE class SET open_slice = max(open_slice, $open) WHERE coop = $coop AND class = $class",
            ("$open", closing.OpenSlice), ("$coop", @class.Coop), ("$class", @class.Class));
        return ClosingOutcome.Closed;
    });

    private static ClassHead? Find(SqliteSession session, ClassId @class) => session.Query(
        "SELECT epoch, open_slice FROM class WHERE coop = $coop AND class = $class",
        Head, ("$coop", @class.Coop), ("$class", @class.Class)) is [var head] ? head : null;

    private static ClassHead Head(SqliteDataReader row) => new(row.GetInt64(0), row.GetInt64(1));
}
