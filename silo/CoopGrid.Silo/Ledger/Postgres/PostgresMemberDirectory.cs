using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>The member directory. Its rows of members are written by <see cref="PostgresCommits"/>, with their segments.</summary>
internal sealed class PostgresMemberDirectory(PostgresDatabase database) : IMemberDirectory
{
    private const string Columns = "coop, member, class, status, enrolled_unix_ms, left_unix_ms";

    private readonly PostgresSenders _senders = new(database);
    private readonly PostgresMeters _meters = new(database);

    public Task<string?> FindSenderAsync(string coop, string sender, CancellationToken cancellation) => _senders.FindAsync(coop, sender, cancellation);

    public Task<SenderBinding> BindSenderAsync(string coop, string sender, string member, CancellationToken cancellation) =>
        _senders.BindAsync(coop, sender, member, cancellation);

    public Task<bool> UnbindSenderAsync(string coop, string sender, string member, CancellationToken cancellation) =>
        _senders.UnbindAsync(coop, sender, member, cancellation);

    public Task<IReadOnlyList<string>> ListSendersAsync(string coop, string member, CancellationToken cancellation) =>
        _senders.ListAsync(coop, member, cancellation);

    public Task<SenderChanges> ReadSenderChangesAsync(long afterVersion, CancellationToken cancellation) =>
        _senders.ReadChangesAsync(afterVersion, cancellation);

    public Task<string?> FindMeterAsync(string coop, string meter, CancellationToken cancellation) => _meters.FindAsync(coop, meter, cancellation);

    public Task<SenderBinding> RegisterMeterAsync(string coop, string meter, string member, CancellationToken cancellation) =>
        _meters.BindAsync(coop, meter, member, cancellation);

    public Task<bool> UnregisterMeterAsync(string coop, string meter, string member, CancellationToken cancellation) =>
        _meters.UnbindAsync(coop, meter, member, cancellation);

    public Task<IReadOnlyList<string>> ListMetersAsync(string coop, string member, CancellationToken cancellation) =>
        _meters.ListAsync(coop, member, cancellation);

    public Task<DirectoryChange?> FindMemberAsync(string coop, string member, CancellationToken cancellation) => database.FindAsync(
        $"SELECT {Columns} FROM member WHERE coop = $1 AND member = $2", Member, cancellation, coop, member);

    public async Task<IReadOnlyList<DirectoryChange>> ListMembersAsync(
        string coop, string? @class, string after, int limit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        string where = @class is null ? "" : "AND class = $4";
        object[] values = @class is null ? [coop, after, limit] : [coop, after, limit, @class];
        return await database.QueryAsync(
            $"SELECT {Columns} FROM member WHERE coop = $1 AND member > $2 {where} ORDER BY member LIMIT $3", Member, cancellation, values);
    }

    public async Task<long> CountMembersAsync(string coop, long atUnixMs, CancellationToken cancellation) => (long)(await database.ScalarAsync(
        "SELECT count(*) FROM member WHERE coop = $1 AND enrolled_unix_ms <= $2 AND (status IN ($3, $4) OR left_unix_ms > $2)",
        cancellation, coop, atUnixMs, (short)MemberStatus.Active, (short)MemberStatus.Suspended))!;

    private static DirectoryChange Member(NpgsqlDataReader row) =>
        new(new(row.GetString(0), row.GetString(1)), row.GetString(2), (MemberStatus)row.GetInt16(3), row.GetInt64(4), row.IsDBNull(5) ? null : row.GetInt64(5));
}
