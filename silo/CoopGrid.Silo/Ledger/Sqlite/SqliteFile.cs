using DbUp;
using DbUp.Engine;
using DbUp.Sqlite.Helpers;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>Makes a database file ready at start: checked first, without changing it, then migrated in one transaction.</summary>
internal static class SqliteFile
{
    /// <summary>Beyond this size a full check at start takes too long; damage shows when the page is read.</summary>
    private const long LargestChecked = 256L * 1024 * 1024;

    private const int Corrupt = 11;
    private const int Full = 13;
    private const int NotADatabase = 26;

    /// <summary>Checks the file, creates it where it is missing, and runs the scripts whose names begin with <paramref name="kind"/>.</summary>
    /// <param name="pragmas">Statements for the migrating connection.</param>
    /// <exception cref="StorageStartException">It is read-only, corrupt, full, of a newer version, or not ours.</exception>
    public static void Prepare(string file, string kind, string pragmas)
    {
        List<SqlScript> scripts = MigrationScripts.Of(kind);
        try
        {
            if (File.Exists(file) && new FileInfo(file).Length > 0) Check(file, scripts);
            Migrate(file, scripts, pragmas);
        }
        catch (Exception cause) when (cause is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StorageStartException(file, Explain(cause), cause);
        }
    }

    /// <summary>What a failure of SQLite means to an operator.</summary>
    public static string Explain(Exception cause) => (cause as SqliteException)?.SqliteErrorCode switch
    {
        Corrupt or NotADatabase => "the database is damaged. Restore the data folder from a backup.",
        Full => "the disk is full. Make room on it and start again.",
        _ => $"the database cannot be opened ({cause.Message}). See that this user may read and write the file and its folder.",
    };

    private static void Check(string file, List<SqlScript> scripts)
    {
        // SQLite would open a read-only file, and fail at the first write; root could even write to it.
        if (File.GetAttributes(file).HasFlag(FileAttributes.ReadOnly))
            throw new StorageStartException(file, "the file is read-only. Give this user the right to write to it.");
        using var session = new SqliteSession(file, SqliteOpenMode.ReadOnly, "");
        List<string> tables = session.Query("SELECT name FROM sqlite_master WHERE type = 'table'", row => row.GetString(0));
        if (tables.Count > 0 && !tables.Contains("SchemaVersions"))
            throw new StorageStartException(file, "this is another program's database. Choose another DataPath.");
        if (tables.Count == 0) return;
        List<string> applied = session.Query("SELECT ScriptName FROM SchemaVersions ORDER BY ScriptName", row => row.GetString(0));
        if (applied.Find(name => scripts.TrueForAll(script => script.Name != name)) is { } unknown)
        {
            throw new StorageStartException(
                file, $"the database is of a newer version ({unknown}) than this program. Start the newer program, or restore a backup.");
        }

        if (new FileInfo(file).Length > LargestChecked) return;
        if (session.Scalar("PRAGMA quick_check(1)") is string found && found != "ok") throw new SqliteException(found, Corrupt);
    }

    private static void Migrate(string file, List<SqlScript> scripts, string pragmas)
    {
        using var session = new SqliteSession(file, SqliteOpenMode.ReadWriteCreate, pragmas);
        if (session.Scalar("PRAGMA journal_mode = WAL") is not "wal")
            throw new StorageStartException(file, "its file system cannot hold a write-ahead log. Choose a DataPath on a local disk.");
        using var shared = new SharedConnection(session.Connection);
        DatabaseUpgradeResult result = DeployChanges.To.SqliteDatabase(shared)
            .WithScripts(scripts)
            .WithVariablesDisabled()
            .WithTransaction()
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful) throw new StorageStartException(file, Explain(result.Error), result.Error);
    }
}
