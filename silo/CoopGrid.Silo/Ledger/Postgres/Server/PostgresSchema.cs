using System.Data.Common;
using DbUp;
using DbUp.Engine;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>
/// Makes the schema ready at start. One connection holds an advisory lock around all of it, so that of many silos that start at once one
/// migrates, and the others find it done.
/// </summary>
internal static class PostgresSchema
{
    private const string Journal = "schema_versions";
    private const int OldestServer = 13;

    /// <exception cref="StorageStartException">The server, the database or its schema cannot be used; the message says why.</exception>
    public static void Prepare(PostgresConnections connections)
    {
        try
        {
            using var connection = new NpgsqlConnection(connections.MigrationString());
            connection.Open();
            CheckServer(connection, connections);
            Run(connection, "SELECT pg_advisory_lock(hashtextextended('coopgrid schema ' || $1, 0))", connections.Schema);
            CheckSchema(connection, connections);
            Migrate(connection, connections);
        }
        catch (Exception cause) when (cause is DbException or TimeoutException)
        {
            throw new StorageStartException(connections.Place, PostgresTrouble.Explain(cause), cause);
        }
    }

    private static void CheckServer(NpgsqlConnection connection, PostgresConnections connections)
    {
        if (connection.PostgreSqlVersion.Major < OldestServer)
            throw new StorageStartException(connections.Place, $"this is PostgreSQL {connection.PostgreSqlVersion}; {OldestServer} is the oldest that will do.");
        if (Scalar(connection, "SELECT current_setting('server_encoding')") is not "UTF8")
            throw new StorageStartException(connections.Place, "the database does not hold UTF-8. Make one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.");
        if (Scalar(connection, "SELECT current_setting('fsync')") is not "on")
            throw new StorageStartException(connections.Place, "the server runs with fsync off and would lose what was answered. Switch it on.");
        if (Scalar(connection, "SELECT pg_is_in_recovery()") is true)
            throw new StorageStartException(connections.Place, "this server is a standby. Name the primary, or all servers as Host=a,b.");
    }

    private static void CheckSchema(NpgsqlConnection connection, PostgresConnections connections)
    {
        long tables = (long)Scalar(connection, "SELECT count(*) FROM pg_tables WHERE schemaname = $1", connections.Schema)!;
        if (tables == 0) return;
        if (Scalar(connection, "SELECT to_regclass($1)::text", $"{connections.Schema}.{Journal}") is not string)
        {
            throw new StorageStartException(
                connections.Place, $"schema {connections.Schema} is another program's. Name another one as Search Path, or another database.");
        }

        string[] known = [.. Scripts().Select(script => script.Name)];
        if (Scalar(connection, $"SELECT min(scriptname) FROM {connections.Schema}.{Journal} WHERE scriptname <> ALL ($1)", (object)known) is string unknown)
        {
            throw new StorageStartException(
                connections.Place, $"the schema {connections.Schema} is of a newer version ({unknown}) than this program. Start the newer program, or restore a backup.");
        }
    }

    private static void Migrate(NpgsqlConnection connection, PostgresConnections connections)
    {
        // CREATE SCHEMA asks for the right to make one also where there is one already.
        if (Scalar(connection, "SELECT count(*) FROM pg_namespace WHERE nspname = $1", connections.Schema) is 0L)
            Run(connection, $"CREATE SCHEMA {connections.Schema}");
        DatabaseUpgradeResult result = DeployChanges.To.PostgresqlDatabase(connections.MigrationString(), connections.Schema)
            .JournalToPostgresqlTable(connections.Schema, Journal)
            .WithScripts(Scripts())
            .WithVariablesDisabled()
            .WithTransaction()
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful) throw new StorageStartException(connections.Place, PostgresTrouble.Explain(result.Error), result.Error);
    }

    private static List<SqlScript> Scripts() => MigrationScripts.Of("postgres");

    private static void Run(NpgsqlConnection connection, string sql, params object[] values) => Scalar(connection, sql, values);

    private static object? Scalar(NpgsqlConnection connection, string sql, params object[] values)
    {
        using var command = new NpgsqlCommand(sql, connection);
        foreach (object value in values) command.Parameters.Add(new() { Value = value });
        object? found = command.ExecuteScalar();
        return found is DBNull ? null : found;
    }
}
