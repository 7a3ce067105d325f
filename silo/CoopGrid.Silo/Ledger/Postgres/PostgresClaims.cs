using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>Members' claims. Whoever changes several locks them in the order of their names.</summary>
internal sealed class PostgresClaims(PostgresDatabase database, PostgresWants wants) : IClaimStore
{
    private const string Free = "c.producer = 0 OR c.producer = $1 OR (SELECT state FROM producer p WHERE p.producer = c.producer) > 0";

    // A producer that registered after the statement began counts as open: it has no state yet. A taker that is sealed meanwhile holds what it
    // got in vain: it commits nothing, and whoever comes next takes it.
    private static readonly string Take =
        $"""
        WITH taken AS (
            INSERT INTO claim AS c (coop, member, number, producer, wanted)
            SELECT coop, member, 1, $1, false FROM unnest($2::text[], $3::text[]) AS asked (coop, member)
            WHERE EXISTS (SELECT FROM producer WHERE producer = $1 AND state = 0)
            ORDER BY coop COLLATE "C", member COLLATE "C"
            ON CONFLICT (coop, member) DO UPDATE SET
                number = CASE WHEN {Free} THEN c.number + 1 ELSE c.number END,
                producer = CASE WHEN {Free} THEN $1 ELSE c.producer END,
                wanted = ({Free}) IS NOT TRUE
            RETURNING coop, member, number, producer),
        told AS (
            SELECT count(pg_notify($4, holder.producer::text)) FROM (SELECT DISTINCT producer FROM taken WHERE producer <> $1) AS holder)
        SELECT taken.* FROM taken, told
        """;

    public async Task<IReadOnlyList<ClaimRow>> TakeAsync(long producer, IReadOnlyList<MemberId> members, CancellationToken cancellation)
    {
        MemberId[] asked = [.. members.Distinct()];
        List<ClaimRow> rows = await database.QueryAsync(
            Take, Row, cancellation, producer, Coops(asked), Names(asked), wants.Channel);
        Dictionary<MemberId, ClaimRow> found = rows.ToDictionary(row => row.Member);

        // Nothing comes back for a sealed taker.
        return found.Count == asked.Length ? [.. members.Select(member => found[member])] : await ReadAsync(members, cancellation);
    }

    public Task ReleaseAsync(IReadOnlyList<ClaimRow> claims, CancellationToken cancellation) => database.ExecuteAsync(
        """
        WITH held AS MATERIALIZED (
            SELECT c.coop, c.member, c.number
            FROM claim c JOIN unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS given (coop, member, number, producer)
                ON c.coop = given.coop AND c.member = given.member AND c.number = given.number AND c.producer = given.producer
            ORDER BY c.coop, c.member
            FOR UPDATE OF c)
        UPDATE claim c SET producer = 0, number = c.number + 1, wanted = false
        FROM held WHERE c.coop = held.coop AND c.member = held.member AND c.number = held.number
        """,
        cancellation, claims.Select(claim => claim.Member.Coop).ToArray(), claims.Select(claim => claim.Member.Member).ToArray(),
        claims.Select(claim => claim.Number).ToArray(), claims.Select(claim => claim.Producer).ToArray());

    public async Task<IReadOnlyList<ClaimRow>> ReadAsync(IReadOnlyList<MemberId> members, CancellationToken cancellation) => await database.QueryAsync(
        """
        SELECT asked.coop, asked.member, coalesce(c.number, 0), coalesce(c.producer, 0)
        FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (coop, member, place)
            LEFT JOIN claim c ON c.coop = asked.coop AND c.member = asked.member
        ORDER BY asked.place
        """,
        Row, cancellation, Coops(members), Names(members));

    public async Task<IReadOnlyList<ClaimRow>> WantedAsync(long holder, int limit, TimeSpan wait, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);

        using PostgresWants.Wait waiting = wants.Begin(holder, wait);
        while (true)
        {
            // Taken before the look: a want that comes between the two is told.
            Task told = waiting.Next();
            List<ClaimRow> rows = await Wanted(holder, limit, cancellation);
            if (rows.Count > 0 || waiting.IsOver) return rows;
            await waiting.UntilAsync(told, cancellation);
        }
    }

    private Task<List<ClaimRow>> Wanted(long holder, int limit, CancellationToken cancellation) => database.QueryAsync(
        "SELECT coop, member, number, producer FROM claim WHERE producer = $1 AND wanted LIMIT $2", Row, cancellation, holder, limit);

    private static string[] Coops(IReadOnlyList<MemberId> members) => [.. members.Select(member => member.Coop)];

    private static string[] Names(IReadOnlyList<MemberId> members) => [.. members.Select(member => member.Member)];

    private static ClaimRow Row(NpgsqlDataReader row) => new(new(row.GetString(0), row.GetString(1)), row.GetInt64(2), row.GetInt64(3));
}
