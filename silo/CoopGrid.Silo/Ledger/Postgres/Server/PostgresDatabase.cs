using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>
/// Statements on pooled connections, each a transaction of its own and one round trip, so that a silo that freezes leaves no lock behind. Npgsql
/// prepares those that come often.
/// </summary>
internal sealed class PostgresDatabase(NpgsqlDataSource source)
{
    /// <summary>All rows. Parameters are $1, $2, …</summary>
    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> row, CancellationToken cancellation, params object[] values)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        foreach (object value in values) command.Parameters.Add(new() { Value = value });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellation)) rows.Add(row(reader));
        return rows;
    }

    /// <summary>The first row, or null.</summary>
    public async Task<T?> FindAsync<T>(string sql, Func<NpgsqlDataReader, T> row, CancellationToken cancellation, params object[] values)
        where T : struct => await QueryAsync(sql, row, cancellation, values) is [var first, ..] ? first : null;

    /// <summary>The first column of the first row, or null.</summary>
    public async Task<object?> ScalarAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        foreach (object value in values) command.Parameters.Add(new() { Value = value });
        object? found = await command.ExecuteScalarAsync(cancellation);
        return found is DBNull ? null : found;
    }

    /// <summary>How many rows it changed.</summary>
    public async Task<int> ExecuteAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        foreach (object value in values) command.Parameters.Add(new() { Value = value });
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Several statements in one transaction and one round trip; the first column of each one's first row. One without a result (an INSERT that does not say
    /// RETURNING) is passed over by the reader: those go last.
    /// </summary>
    public async Task<object?[]> BatchAsync(CancellationToken cancellation, params (string Sql, object[] Values)[] statements)
    {
        await using NpgsqlBatch batch = source.CreateBatch();
        foreach ((string sql, object[] values) in statements)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (object value in values) command.Parameters.Add(new() { Value = value });
            batch.BatchCommands.Add(command);
        }

        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellation);
        var firsts = new object?[statements.Length];
        for (int i = 0; i < firsts.Length; i++)
        {
            if (await reader.ReadAsync(cancellation) && !await reader.IsDBNullAsync(0, cancellation)) firsts[i] = reader.GetValue(0);
            await reader.NextResultAsync(cancellation);
        }

        return firsts;
    }

    /// <summary>A connection to keep for a while.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) => source.OpenConnectionAsync(cancellation);
}
