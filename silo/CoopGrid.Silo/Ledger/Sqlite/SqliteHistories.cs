using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>The price history in the ledger's database.</summary>
internal sealed class SqlitePriceHistory(SqliteDatabase database) : IPriceHistory
{
    private const string Columns = "period, count, demand, target, k, x, cap, tou, surge, multiplier";

    public Task<PricePeriod?> LastAsync(ClassId @class, CancellationToken cancellation) => database.ReadAsync<PricePeriod?>(
        session => session.Query(
            $"SELECT {Columns} FROM price WHERE coop = $coop AND class = $class ORDER BY period DESC LIMIT 1",
            Row, ("$coop", @class.Coop), ("$class", @class.Class)) is [var last] ? last : null,
        cancellation);

    public Task<IReadOnlyList<PricePeriod>> ReadAsync(ClassId @class, long fromPeriod, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ReadAsync<IReadOnlyList<PricePeriod>>(
            session => session.Query(
                $"""
                SELECT {Columns} FROM price
                WHERE coop = $coop AND class = $class AND period + count > $from AND period >= coalesce(
                    (SELECT max(period) FROM price WHERE coop = $coop AND class = $class AND period <= $from), $from)
                ORDER BY period LIMIT $limit
                """,
                Row, ("$coop", @class.Coop), ("$class", @class.Class), ("$from", fromPeriod), ("$limit", limit)),
            cancellation);
    }

    /// <summary>Writes a row in the caller's transaction.</summary>
    internal static void Write(SqliteSession session, ClassId @class, in PricePeriod row) => session.Execute(
        $"INSERT OR REPLACE INTO price (coop, class, {Columns}) VALUES ($coop, $class, $period, $count, $d, $t, $k, $x, $cap, $tou, $surge, $m)",
        ("$coop", @class.Coop), ("$class", @class.Class), ("$period", row.Period), ("$count", row.Count), ("$d", row.Demand),
        ("$t", row.Target), ("$k", row.K), ("$x", row.X), ("$cap", row.CapPermille), ("$tou", row.TouPermille),
        ("$surge", row.SurgePermille), ("$m", row.MultiplierPermille));

    private static PricePeriod Row(SqliteDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5),
        row.GetInt32(6), row.GetInt32(7), row.GetInt32(8), row.GetInt32(9));
}

/// <summary>The slice history in the ledger's database.</summary>
internal sealed class SqliteSliceHistory(SqliteDatabase database) : ISliceHistory
{
    private const string Columns = "slice, slice_units, usage, members";

    public Task<SliceRow?> LastAsync(ClassId @class, CancellationToken cancellation) => database.ReadAsync<SliceRow?>(
        session => session.Query(
            $"SELECT {Columns} FROM slice WHERE coop = $coop AND class = $class ORDER BY slice DESC LIMIT 1",
            Row, ("$coop", @class.Coop), ("$class", @class.Class)) is [var last] ? last : null,
        cancellation);

    public Task<IReadOnlyList<SliceRow>> ReadAsync(ClassId @class, long fromSlice, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ReadAsync<IReadOnlyList<SliceRow>>(
            session => session.Query(
                $"SELECT {Columns} FROM slice WHERE coop = $coop AND class = $class AND slice >= $from ORDER BY slice LIMIT $limit",
                Row, ("$coop", @class.Coop), ("$class", @class.Class), ("$from", fromSlice), ("$limit", limit)),
            cancellation);
    }

    /// <summary>Writes a row in the caller's transaction.</summary>
    internal static void Write(SqliteSession session, ClassId @class, in SliceRow row) => session.Execute(
        $"INSERT OR REPLACE INTO slice (coop, class, {Columns}) VALUES ($coop, $class, $slice, $units, $usage, $members)",
        ("$coop", @class.Coop), ("$class", @class.Class), ("$slice", row.Slice), ("$units", row.SliceUnits),
        ("$usage", row.Usage), ("$members", row.Members));

    private static SliceRow Row(SqliteDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
}
