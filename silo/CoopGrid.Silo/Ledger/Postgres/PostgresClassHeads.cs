using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>Classes' heads and histories. A writer locks the class's row first, then the grid's.</summary>
internal sealed class PostgresClassHeads(PostgresDatabase database) : IClassHeads
{
    public async Task<IReadOnlyList<ClassId>> ListAsync(CancellationToken cancellation) => await database.QueryAsync(
        "SELECT coop, class FROM class ORDER BY coop, class", row => new ClassId(row.GetString(0), row.GetString(1)), cancellation);

    public Task FoundAsync(ClassId @class, ClassHead head, CancellationToken cancellation) => database.ExecuteAsync(
        "INSERT INTO class (coop, class, epoch, open_slice) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        cancellation, @class.Coop, @class.Class, head.Epoch, head.OpenSlice);

    public Task<ClassHead?> ReadAsync(ClassId @class, CancellationToken cancellation) => database.FindAsync(
        "SELECT epoch, open_slice FROM class WHERE coop = $1 AND class = $2", Head, cancellation, @class.Coop, @class.Class);

    public async Task<ClassHead> RaiseEpochAsync(ClassId @class, CancellationToken cancellation) =>
        await database.FindAsync(
            "UPDATE class SET epoch = epoch + 1 WHERE coop = $1 AND class = $2 RETURNING epoch, open_slice",
            Head, cancellation, @class.Coop, @class.Class)
        ?? throw new KeyNotFoundException($"Class {@class} was never founded.");

    // The share lock keeps the epoch from being raised until the rows are there.
    public async Task<bool> AppendPricesAsync(ClassId @class, long epoch, IReadOnlyList<PricePeriod> rows, CancellationToken cancellation) =>
        await database.ScalarAsync(
            $"""
            WITH head AS (SELECT FROM class WHERE coop = $1 AND class = $2 AND epoch = $3 FOR SHARE),
            written AS (
                INSERT INTO price (coop, class, {PostgresPriceHistory.Columns})
                SELECT $1, $2, row.* FROM head,
                    unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
                        $10::integer[], $11::integer[], $12::integer[], $13::integer[]) AS row
                ON CONFLICT (coop, class, period) DO UPDATE SET
                    count = excluded.count, demand = excluded.demand, target = excluded.target, k = excluded.k, x = excluded.x,
                    cap = excluded.cap, tou = excluded.tou, surge = excluded.surge, multiplier = excluded.multiplier)
            SELECT count(*) FROM head
            """,
            cancellation, [@class.Coop, @class.Class, epoch, .. Columns(LastOfEach(rows))]) is 1L;

    public async Task<ClosingOutcome> CloseSlicesAsync(ClassId @class, SliceClosing closing, CancellationToken cancellation)
    {
        // Each statement sees what is committed when it begins, and the locks of the first two keep what they saw as it is.
        string allowed = "(SELECT epoch FROM class WHERE coop = $1 AND class = $2) = $3 AND (SELECT last_producer FROM grid) <= $4";
        object[] head = [@class.Coop, @class.Class, closing.Epoch, closing.LastProducer];
        object?[] found = await database.BatchAsync(
            cancellation,
            ("SELECT epoch FROM class WHERE coop = $1 AND class = $2 FOR UPDATE", [@class.Coop, @class.Class]),
            ("SELECT last_producer FROM grid FOR SHARE", []),
            ($"""
            INSERT INTO slice (coop, class, {PostgresSliceHistory.Columns})
            SELECT $1, $2, row.* FROM unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) AS row (slice, slice_units, usage, members)
            WHERE {allowed} AND row.slice >= (SELECT open_slice FROM class WHERE coop = $1 AND class = $2)
            ON CONFLICT (coop, class, slice) DO UPDATE SET
                slice_units = excluded.slice_units, usage = excluded.usage, members = excluded.members
            """,
            [
                .. head, closing.Rows.Select(row => row.Slice).ToArray(), closing.Rows.Select(row => row.SliceUnits).ToArray(),
                closing.Rows.Select(row => row.Usage).ToArray(), closing.Rows.Select(row => row.Members).ToArray(),
            ]),
            ($"UPDATE class SET open_slice = greatest(open_slice, $5) WHERE coop = $1 AND class = $2 AND {allowed}", [.. head, closing.OpenSlice]));
        if (found[0] is not long epoch || epoch != closing.Epoch) return ClosingOutcome.Superseded;
        return (long)found[1]! > closing.LastProducer ? ClosingOutcome.ProducerJoined : ClosingOutcome.Closed;
    }

    // One statement cannot write a row twice.
    private static PricePeriod[] LastOfEach(IReadOnlyList<PricePeriod> rows) =>
        [.. rows.GroupBy(row => row.Period).Select(same => same.Last())];

    private static object[] Columns(PricePeriod[] rows) =>
    [
        rows.Select(row => row.Period).ToArray(), rows.Select(row => row.Count).ToArray(), rows.Select(row => row.Demand).ToArray(),
        rows.Select(row => row.Target).ToArray(), rows.Select(row => row.K).ToArray(), rows.Select(row => row.X).ToArray(),
        rows.Select(row => row.CapPermille).ToArray(), rows.Select(row => row.TouPermille).ToArray(),
        rows.Select(row => row.SurgePermille).ToArray(), rows.Select(row => row.MultiplierPermille).ToArray(),
    ];

    private static ClassHead Head(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetInt64(1));
}
