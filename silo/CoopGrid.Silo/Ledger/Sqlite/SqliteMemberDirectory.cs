using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>The member directory in the ledger's database. Text compares by bytes, SQLite's default.</summary>
internal sealed class SqliteMemberDirectory(SqliteDatabase database) : IMemberDirectory
{
    private const string Columns = "coop, member, class, status, enrolled_unix_ms, left_unix_ms";
    private static readonly Names Senders = new("sender");
    private static readonly Names Meters = new("meter");

    public Task<string?> FindSenderAsync(string coop, string sender, CancellationToken cancellation) =>
        database.ReadAsync(session => Senders.Find(session, coop, sender), cancellation);

    public Task<SenderBinding> BindSenderAsync(string coop, string sender, string member, CancellationToken cancellation) =>
        database.WriteAsync(session => Senders.Bind(session, coop, sender, member));

    public Task<bool> UnbindSenderAsync(string coop, string sender, string member, CancellationToken cancellation) =>
        database.WriteAsync(session => Senders.Unbind(session, coop, sender, member));

    public Task<IReadOnlyList<string>> ListSendersAsync(string coop, string member, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<string>>(session => Senders.Of(session, coop, member), cancellation);

    // The only door makes every change itself.
    public Task<SenderChanges> ReadSenderChangesAsync(long afterVersion, CancellationToken cancellation) =>
        Task.FromResult(new SenderChanges(afterVersion, true, []));

    public Task<string?> FindMeterAsync(string coop, string meter, CancellationToken cancellation) =>
        database.ReadAsync(session => Meters.Find(session, coop, meter), cancellation);

    public Task<SenderBinding> RegisterMeterAsync(string coop, string meter, string member, CancellationToken cancellation) =>
        database.WriteAsync(session => Meters.Bind(session, coop, meter, member));

    public Task<bool> UnregisterMeterAsync(string coop, string meter, string member, CancellationToken cancellation) =>
        database.WriteAsync(session => Meters.Unbind(session, coop, meter, member));

    public Task<IReadOnlyList<string>> ListMetersAsync(string coop, string member, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<string>>(session => Meters.Of(session, coop, member), cancellation);

    public Task<DirectoryChange?> FindMemberAsync(string coop, string member, CancellationToken cancellation) =>
        database.ReadAsync<DirectoryChange?>(
            session => session.Query(
                $"SELECT {Columns} FROM member WHERE coop = $coop AND member = $member", Member, ("$coop", coop), ("$member", member)) is [var row]
                ? row
                : null,
            cancellation);

    public Task<IReadOnlyList<DirectoryChange>> ListMembersAsync(
        string coop, string? @class, string after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        string where = @class is null ? "coop = $coop" : "coop = $coop AND class = $class";
        return database.ReadAsync<IReadOnlyList<DirectoryChange>>(
            session => session.Query(
                $"SELECT {Columns} FROM member WHERE {where} AND member > $after ORDER BY member LIMIT $limit",
                Member, [("$coop", coop), ("$after", after), ("$limit", limit), .. Class(@class)]),
            cancellation);
    }

    public Task<long> CountMembersAsync(string coop, long atUnixMs, CancellationToken cancellation) => database.ReadAsync(
        session => (long)session.Scalar(
            "SELECT count(*) FROM member WHERE coop = $coop AND enrolled_unix_ms <= $at AND (status IN ($active, $suspended) OR left_unix_ms > $at)",
            ("$coop", coop), ("$at", atUnixMs), ("$active", (int)MemberStatus.Active), ("$suspended", (int)MemberStatus.Suspended))!,
        cancellation);

    /// <summary>Writes a member's row, in the caller's transaction.</summary>
    internal static void Apply(SqliteSession session, in DirectoryChange change) => session.Execute(
        $"""
        INSERT INTO member ({Columns}) VALUES ($coop, $member, $class, $status, $enrolled, $left)
        ON CONFLICT (coop, member) DO UPDATE SET
            class = excluded.class, status = excluded.status, enrolled_unix_ms = excluded.enrolled_unix_ms, left_unix_ms = excluded.left_unix_ms
        """,
        ("$coop", change.Member.Coop), ("$member", change.Member.Member), ("$class", change.Class), ("$status", (int)change.Status),
        ("$enrolled", change.EnrolledUnixMs), ("$left", change.LeftUnixMs));

    private static (string, object?)[] Class(string? @class) => @class is null ? [] : [("$class", @class)];

    private static DirectoryChange Member(SqliteDataReader row) =>
        new(new(row.GetString(0), row.GetString(1)), row.GetString(2), (MemberStatus)row.GetByte(3), row.GetInt64(4), row.IsDBNull(5) ? null : row.GetInt64(5));

    /// <summary>Names that belong to one member each: a table and its column of the same name.</summary>
    private sealed class Names(string table)
    {
        private readonly string _find = $"SELECT member FROM {table} WHERE coop = $coop AND {table} = $name";
        private readonly string _bind = $"INSERT INTO {table} (coop, {table}, member) VALUES ($coop, $name, $member) ON CONFLICT DO NOTHING";
        private readonly string _unbind = $"DELETE FROM {table} WHERE coop = $coop AND {table} = $name AND member = $member";
        private readonly string _of = $"SELECT {table} FROM {table} WHERE coop = $coop AND member = $member ORDER BY {table}";

        public string? Find(SqliteSession session, string coop, string name) =>
            (string?)session.Scalar(_find, ("$coop", coop), ("$name", name));

        public SenderBinding Bind(SqliteSession session, string coop, string name, string member)
        {
            if (session.Execute(_bind, ("$coop", coop), ("$name", name), ("$member", member)) == 1) return SenderBinding.Bound;
            return Find(session, coop, name) == member ? SenderBinding.AlreadyBound : SenderBinding.HeldByAnother;
        }

        public bool Unbind(SqliteSession session, string coop, string name, string member) =>
            session.Execute(_unbind, ("$coop", coop), ("$name", name), ("$member", member)) == 1;

        public List<string> Of(SqliteSession session, string coop, string member) =>
            session.Query(_of, row => row.GetString(0), ("$coop", coop), ("$member", member));
    }
}
