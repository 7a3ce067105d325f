using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>The price history.</summary>
internal sealed class PostgresPriceHistory(PostgresDatabase database) : IPriceHistory
{
    internal const string Columns = "period, count, demand, target, k, x, cap, tou, surge, multiplier";

    public Task<PricePeriod?> LastAsync(ClassId @class, CancellationToken cancellation) => database.FindAsync(
        $"SELECT {Columns} FROM price WHERE coop = $1 AND class = $2 ORDER BY period DESC LIMIT 1",
        Row, cancellation, @class.Coop, @class.Class);

    public async Task<IReadOnlyList<PricePeriod>> ReadAsync(ClassId @class, long fromPeriod, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await database.QueryAsync(
            $"""
            SELECT {Columns} FROM price
            WHERE coop = $1 AND class = $2 AND period + count > $3 AND period >= coalesce(
                (SELECT max(period) FROM price WHERE coop = $1 AND class = $2 AND period <= $3), $3)
            ORDER BY period LIMIT $4
            """,
            Row, cancellation, @class.Coop, @class.Class, fromPeriod, limit);
    }

    private static PricePeriod Row(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5),
        row.GetInt32(6), row.GetInt32(7), row.GetInt32(8), row.GetInt32(9));
}

/// <summary>The slice history.</summary>
internal sealed class PostgresSliceHistory(PostgresDatabase database) : ISliceHistory
{
    internal const string Columns = "slice, slice_units, usage, members";

    public Task<SliceRow?> LastAsync(ClassId @class, CancellationToken cancellation) => database.FindAsync(
        $"SELECT {Columns} FROM slice WHERE coop = $1 AND class = $2 ORDER BY slice DESC LIMIT 1",
        Row, cancellation, @class.Coop, @class.Class);

    public async Task<IReadOnlyList<SliceRow>> ReadAsync(ClassId @class, long fromSlice, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await database.QueryAsync(
            $"SELECT {Columns} FROM slice WHERE coop = $1 AND class = $2 AND slice >= $3 ORDER BY slice LIMIT $4",
            Row, cancellation, @class.Coop, @class.Class, fromSlice, limit);
    }

    private static SliceRow Row(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
}
