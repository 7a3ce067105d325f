using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>Names that belong to one member each: a table and its column of the same name.</summary>
internal abstract class PostgresNames(PostgresDatabase database, string table)
{
    protected PostgresDatabase Database { get; } = database;

    public async Task<string?> FindAsync(string coop, string name, CancellationToken cancellation) =>
        (string?)await Database.ScalarAsync($"SELECT member FROM {table} WHERE coop = $1 AND {table} = $2", cancellation, coop, name);

    public async Task<SenderBinding> BindAsync(string coop, string name, string member, CancellationToken cancellation)
    {
        while (true)
        {
            if (await IsBoundBy(coop, name, member, cancellation)) return SenderBinding.Bound;
            string? holder = await FindAsync(coop, name, cancellation);
            if (holder is not null) return holder == member ? SenderBinding.AlreadyBound : SenderBinding.HeldByAnother;

            // It was let go between the two.
        }
    }

    public async Task<bool> UnbindAsync(string coop, string name, string member, CancellationToken cancellation) =>
        await Noted($"DELETE FROM {table} WHERE coop = $1 AND {table} = $2 AND member = $3", coop, name, member, cancellation);

    public async Task<IReadOnlyList<string>> ListAsync(string coop, string member, CancellationToken cancellation) => await Database.QueryAsync(
        $"SELECT {table} FROM {table} WHERE coop = $1 AND member = $2 ORDER BY {table}", row => row.GetString(0), cancellation, coop, member);

    /// <summary>Runs a statement that changes at most one row; whether it did.</summary>
    protected abstract Task<bool> Noted(string change, string coop, string name, string member, CancellationToken cancellation);

    private Task<bool> IsBoundBy(string coop, string name, string member, CancellationToken cancellation) => Noted(
        $"INSERT INTO {table} (coop, {table}, member) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", coop, name, member, cancellation);
}

/// <summary>Meters: no silo keeps whose they are.</summary>
internal sealed class PostgresMeters(PostgresDatabase database) : PostgresNames(database, "meter")
{
    protected override async Task<bool> Noted(string change, string coop, string name, string member, CancellationToken cancellation) =>
        await Database.ExecuteAsync(change, cancellation, coop, name, member) == 1;
}
