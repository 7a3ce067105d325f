using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>Bills and books in the ledger's database. Text compares by bytes, SQLite's default. What is written is in <see cref="SqliteBooks"/>.</summary>
internal sealed class SqliteBills(SqliteDatabase database) : IBillStore
{
    private const string Columns = "coop, class, number, member, epoch, issued_unix_ms, lines";

    public Task<EpochRow?> FindEpochAsync(ClassId @class, long epoch, CancellationToken cancellation) =>
        database.ReadAsync(session => SqliteBooks.FindEpoch(session, @class, epoch), cancellation);

    public Task<IReadOnlyList<EpochRow>> ListEpochsAsync(ClassId @class, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ReadAsync<IReadOnlyList<EpochRow>>(
            session => session.Query(
                "SELECT epoch, step, state FROM epoch_books WHERE coop = $coop AND class = $class ORDER BY epoch DESC LIMIT $limit",
                row => SqliteBooks.Epoch(row, @class), ("$coop", @class.Coop), ("$class", @class.Class), ("$limit", limit)),
            cancellation);
    }

    public Task<IReadOnlyList<string>> ListBilledAsync(ClassId @class, long epoch, NameRange members, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<string>>(
            session => session.Query(
                """
                SELECT member FROM bill
                WHERE coop = $coop AND class = $class AND epoch = $epoch AND member BETWEEN $first AND $last ORDER BY member
                """,
                row => row.GetString(0),
                ("$coop", @class.Coop), ("$class", @class.Class), ("$epoch", epoch), ("$first", members.First), ("$last", members.Last)),
            cancellation);

    public Task<IReadOnlyList<HandedInRow>> ListHandedInAsync(string coop, NameRange members, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<HandedInRow>>(
            session => session.Query(
                "SELECT id, member, line FROM handed_in WHERE coop = $coop AND bill = 0 AND member BETWEEN $first AND $last ORDER BY id",
                row => new HandedInRow(row.GetInt64(0), row.GetString(1), row.GetFieldValue<byte[]>(2)),
                ("$coop", coop), ("$first", members.First), ("$last", members.Last)),
            cancellation);

    public Task<bool> WriteAsync(BillingStep step, CancellationToken cancellation) => database.WriteAsync(session => SqliteBooks.Write(session, step));

    public Task<HandInAnswer> HandInAsync(HandIn handIn, CancellationToken cancellation) =>
        database.WriteAsync(session => SqliteBooks.HandIn(session, handIn));

    public Task<bool> IsHandedInAsync(string coop, string key, CancellationToken cancellation) =>
        database.ReadAsync(session => SqliteBooks.FindHandedIn(session, coop, key) is not null, cancellation);

    public Task<BillRow?> FindBillAsync(string coop, long number, CancellationToken cancellation) => database.ReadAsync(
        session => session.Query(
            $"SELECT {Columns} FROM bill WHERE coop = $coop AND number = $number", Bill, ("$coop", coop), ("$number", number)).FirstOrDefault(),
        cancellation);

    public Task<BillRow?> FindBillAsync(ClassId @class, long epoch, string member, CancellationToken cancellation) => database.ReadAsync(
        session => session.Query(
            $"SELECT {Columns} FROM bill WHERE coop = $coop AND class = $class AND epoch = $epoch AND member = $member",
            Bill, ("$coop", @class.Coop), ("$class", @class.Class), ("$epoch", epoch), ("$member", member)).FirstOrDefault(),
        cancellation);

    public Task<IReadOnlyList<BillRow>> ListBillsAsync(string coop, string? member, long after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        string where = member is null ? "coop = $coop" : "coop = $coop AND member = $member";
        return database.ReadAsync<IReadOnlyList<BillRow>>(
            session => session.Query(
                $"SELECT {Columns} FROM bill WHERE {where} AND number > $after ORDER BY number LIMIT $limit",
                Bill, [("$coop", coop), ("$after", after), ("$limit", limit), .. Member(member)]),
            cancellation);
    }

    public Task<IReadOnlyList<BillRow>> ListEpochBillsAsync(ClassId @class, long epoch, string after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ReadAsync<IReadOnlyList<BillRow>>(
            session => session.Query(
                $"SELECT {Columns} FROM bill WHERE coop = $coop AND class = $class AND epoch = $epoch AND member > $after ORDER BY member LIMIT $limit",
                Bill, ("$coop", @class.Coop), ("$class", @class.Class), ("$epoch", epoch), ("$after", after), ("$limit", limit)),
            cancellation);
    }

    public Task<BooksRow> ReadBooksAsync(string coop, CancellationToken cancellation) =>
        database.ReadAsync(session => SqliteBooks.Read(session, coop), cancellation);

    public Task<long> ReadBalanceAsync(MemberId member, CancellationToken cancellation) => database.ReadAsync(
        session => (long)session.Scalar(
            """
            SELECT coalesce((SELECT sum(members) FROM entry WHERE coop = $coop AND member = $member AND member <> ''), 0)
                - coalesce((SELECT sum(charges) FROM bill WHERE coop = $coop AND member = $member), 0)
            """,
            ("$coop", member.Coop), ("$member", member.Member))!,
        cancellation);

    private static (string, object?)[] Member(string? member) => member is null ? [] : [("$member", member)];

    private static BillRow Bill(SqliteDataReader row) => new(
        new(row.GetString(0), row.GetString(1)), row.GetInt64(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5), row.GetFieldValue<byte[]>(6));
}
