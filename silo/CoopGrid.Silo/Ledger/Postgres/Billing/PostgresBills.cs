using System.Globalization;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>Bills and books. What is written is in <see cref="PostgresBooks"/>.</summary>
internal sealed class PostgresBills(PostgresDatabase database) : IBillStore
{
    private const string Columns = "coop, class, number, member, epoch, issued_unix_ms, lines";

    private readonly PostgresBooks _books = new(database);

    public async Task<EpochRow?> FindEpochAsync(ClassId @class, long epoch, CancellationToken cancellation) =>
        (await database.QueryAsync(
            "SELECT epoch, step, state FROM epoch_books WHERE coop = $1 AND class = $2 AND epoch = $3 AND step > 0",
            row => Epoch(row, @class), cancellation, @class.Coop, @class.Class, epoch)).FirstOrDefault();

    public async Task<IReadOnlyList<EpochRow>> ListEpochsAsync(ClassId @class, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await database.QueryAsync(
            "SELECT epoch, step, state FROM epoch_books WHERE coop = $1 AND class = $2 AND step > 0 ORDER BY epoch DESC LIMIT $3",
            row => Epoch(row, @class), cancellation, @class.Coop, @class.Class, limit);
    }

    public async Task<IReadOnlyList<string>> ListBilledAsync(ClassId @class, long epoch, NameRange members, CancellationToken cancellation) =>
        await database.QueryAsync(
            "SELECT member FROM bill WHERE coop = $1 AND class = $2 AND epoch = $3 AND member BETWEEN $4 AND $5 ORDER BY member",
            row => row.GetString(0), cancellation, @class.Coop, @class.Class, epoch, members.First, members.Last);

    public async Task<IReadOnlyList<HandedInRow>> ListHandedInAsync(string coop, NameRange members, CancellationToken cancellation) =>
        await database.QueryAsync(
            "SELECT id, member, line FROM handed_in WHERE coop = $1 AND bill = 0 AND member BETWEEN $2 AND $3 ORDER BY id",
            row => new HandedInRow(row.GetInt64(0), row.GetString(1), row.GetFieldValue<byte[]>(2)), cancellation, coop, members.First, members.Last);

    public Task<bool> WriteAsync(BillingStep step, CancellationToken cancellation) => _books.WriteAsync(step, cancellation);

    public Task<HandInAnswer> HandInAsync(HandIn handIn, CancellationToken cancellation) => _books.HandInAsync(handIn, cancellation);

    public async Task<bool> IsHandedInAsync(string coop, string key, CancellationToken cancellation) =>
        await database.ScalarAsync("SELECT 1 FROM handed_in WHERE coop = $1 AND key = $2", cancellation, coop, key) is not null;

    public async Task<BillRow?> FindBillAsync(string coop, long number, CancellationToken cancellation) =>
        (await database.QueryAsync($"SELECT {Columns} FROM bill WHERE coop = $1 AND number = $2", Bill, cancellation, coop, number)).FirstOrDefault();

    public async Task<BillRow?> FindBillAsync(ClassId @class, long epoch, string member, CancellationToken cancellation) =>
        (await database.QueryAsync(
            $"SELECT {Columns} FROM bill WHERE coop = $1 AND class = $2 AND epoch = $3 AND member = $4",
            Bill, cancellation, @class.Coop, @class.Class, epoch, member)).FirstOrDefault();

    public async Task<IReadOnlyList<BillRow>> ListBillsAsync(string coop, string? member, long after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        string where = member is null ? "" : "AND member = $4";
        object[] values = member is null ? [coop, after, limit] : [coop, after, limit, member];
        return await database.QueryAsync(
            $"SELECT {Columns} FROM bill WHERE coop = $1 AND number > $2 {where} ORDER BY number LIMIT $3", Bill, cancellation, values);
    }

    public async Task<IReadOnlyList<BillRow>> ListEpochBillsAsync(ClassId @class, long epoch, string after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return await database.QueryAsync(
            $"SELECT {Columns} FROM bill WHERE coop = $1 AND class = $2 AND epoch = $3 AND member > $4 ORDER BY member LIMIT $5",
            Bill, cancellation, @class.Coop, @class.Class, epoch, after, limit);
    }

    public async Task<BooksRow> ReadBooksAsync(string coop, CancellationToken cancellation) =>
        await database.FindAsync(
            "SELECT last_bill, last_entry, members::text, revenue::text, payments::text, commons::text, rounding::text FROM books WHERE coop = $1",
            row => new BooksRow(
                row.GetInt64(0), row.GetInt64(1), new(Amount(row, 2), Amount(row, 3), Amount(row, 4), Amount(row, 5), Amount(row, 6))),
            cancellation, coop) ?? default;

    public async Task<long> ReadBalanceAsync(MemberId member, CancellationToken cancellation) => (long)(await database.ScalarAsync(
        """
        SELECT (coalesce((SELECT sum(members) FROM entry WHERE coop = $1 AND member = $2 AND member <> ''), 0)
            - coalesce((SELECT sum(charges) FROM bill WHERE coop = $1 AND member = $2), 0))::bigint
        """,
        cancellation, member.Coop, member.Member))!;

    private static EpochRow Epoch(NpgsqlDataReader row, ClassId @class) => new(@class, row.GetInt64(0), row.GetInt64(1), row.GetString(2));

    private static BillRow Bill(NpgsqlDataReader row) => new(
        new(row.GetString(0), row.GetString(1)), row.GetInt64(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5), row.GetFieldValue<byte[]>(6));

    private static Int128 Amount(NpgsqlDataReader row, int column) => Int128.Parse(row.GetString(column), CultureInfo.InvariantCulture);
}
