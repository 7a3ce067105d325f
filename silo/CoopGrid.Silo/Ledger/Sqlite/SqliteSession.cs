using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>One connection with its prepared statements. Not thread safe.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    public SqliteSession(string file, SqliteOpenMode mode, string pragmas)
    {
        _connection = new(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false }.ToString());
        try
        {
            _connection.Open();
            Run(pragmas);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public SqliteConnection Connection => _connection;

    /// <summary>Runs statements that are not worth preparing.</summary>
    public void Run(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>How many rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> values) => Prepared(sql, values).ExecuteNonQuery();

    /// <summary>The first column of the first row, or null.</summary>
    public object? Scalar(string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        object? value = Prepared(sql, values).ExecuteScalar();
        return value is DBNull ? null : value;
    }

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        using SqliteDataReader reader = Prepared(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(row(reader));
        return rows;
    }

    /// <summary>How many pages it has written since it was last asked.</summary>
    public int TakePagesWritten()
    {
        raw.sqlite3_db_status(_connection.Handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out int pages, out _, resetFlg: 1);
        return pages;
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in _prepared.Values) command.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Prepared(string sql, ReadOnlySpan<(string Name, object? Value)> values)
    {
        if (!_prepared.TryGetValue(sql, out SqliteCommand? command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _prepared.Add(sql, command);
        }

        // The parameters are kept: a prepared statement meets the same ones, in the same order.
        bool first = command.Parameters.Count == 0;
        for (int i = 0; i < values.Length; i++)
        {
            object value = values[i].Value ?? DBNull.Value;
            if (first) command.Parameters.AddWithValue(values[i].Name, value);
            else command.Parameters[i].Value = value;
        }

        return command;
    }
}
