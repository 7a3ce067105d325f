using System.Net.Sockets;
using Npgsql;

namespace CoopGrid.Silo.Ledger.Postgres;

/// <summary>What a failure of PostgreSQL means to an operator, and what to do about it.</summary>
internal static class PostgresTrouble
{
    public static string Explain(Exception cause) => cause switch
    {
        PostgresException server => Explain(server),
        NpgsqlException { InnerException: SocketException refused } => $"the server cannot be reached ({refused.Message}). See that it runs, and that Host and Port are right.",
        NpgsqlException { InnerException: TimeoutException } or TimeoutException => "the server does not answer in time. See that it runs, and that Host and Port are right.",
        _ => $"the database cannot be used ({cause.Message}).",
    };

    private static string Explain(PostgresException server) => server.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"the server refuses the user or its password ({server.MessageText}).",
        PostgresErrorCodes.InvalidCatalogName => "there is no such database. Make it: CREATE DATABASE … ENCODING 'UTF8'.",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"this user may not do what is needed ({server.MessageText}). Make it the database's owner, or GRANT CREATE ON DATABASE … TO it.",
        PostgresErrorCodes.ReadOnlySqlTransaction => "this server is a standby. Name the primary, or all servers as Host=a,b.",
        PostgresErrorCodes.TooManyConnections => "the server has no connection left. Raise its max_connections, or lower Maximum Pool Size.",
        PostgresErrorCodes.CannotConnectNow => "the server is starting or stopping. Start again when it is up.",
        PostgresErrorCodes.DiskFull => "the server's disk is full. Make room on it and start again.",
        _ => $"the server refuses: {server.MessageText} ({server.SqlState}).",
    };
}
