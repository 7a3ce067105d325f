using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace CoopGrid.Silo.Tests.Processes;

/// <summary>Looks into the files of a silo that does not run, and damages them.</summary>
internal static class StoredFiles
{
    /// <summary>The first column of the first row.</summary>
    [SuppressMessage("Security", "CA2100", Justification = "Constants of tests.")]
    public static object? Run(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>A text that changes with any byte of the file.</summary>
    public static string Fingerprint(string folder, string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, file))));
}
