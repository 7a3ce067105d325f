using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>A data folder that is damaged, read-only or of a newer version stops the start with a clear message, and stays as it was.</summary>
[Collection(ProcessCollection.Name)]
public sealed class DamagedDataTests
{
    private const string Class = """ "people": { "capacity": { "unitsPerSecond": 100000, "burstUnits": 200000, "maxRequestUnits": 50 } } """;

    private const string Last = "WHERE rowid = (SELECT max(rowid) FROM segment)";

    private static readonly string Charter = Charters.Of([Class], [Charters.Member("alice", "people")]);

    [Theory]
    [InlineData("ledger.db")]
    [InlineData("checkpoints.db")]
    public async Task Garbage_in_a_database_is_damage(string file)
    {
        await using SiloFolder folder = await Used(killed: false);
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder.DataPath, file));
        new Random(1).NextBytes(bytes.AsSpan(0, 8192));
        File.WriteAllBytes(Path.Combine(folder.DataPath, file), bytes);
        string log = await FailsToStart(folder);
        Assert.Contains(file, log, StringComparison.Ordinal);
        Assert.Contains("damaged", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_byte_in_a_segment_is_damage()
    {
        await using SiloFolder folder = await Used(killed: true);
        byte[] bytes = Convert.FromHexString((string)StoredFiles.Run(folder.Ledger, $"SELECT hex(bytes) FROM segment {Last}")!);
        bytes[bytes.Length / 2] ^= 1;
        object? flipped = StoredFiles.Run(folder.Ledger, $"UPDATE segment SET bytes = x'{Convert.ToHexString(bytes)}' {Last} RETURNING position");
        string log = await FailsToStart(folder);
        Assert.Contains($"segment {flipped}", log, StringComparison.Ordinal);
        Assert.Contains("backup", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_segment_that_is_missing_is_damage()
    {
        await using SiloFolder folder = await Used(killed: true);
        object? gone = StoredFiles.Run(folder.Ledger, $"DELETE FROM segment {Last} RETURNING position");
        Assert.Contains($"segment {gone}", await FailsToStart(folder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_that_is_older_than_the_checkpoints_is_told()
    {
        await using SiloFolder folder = await Used(killed: false);
        StoredFiles.Run(folder.Ledger, "DELETE FROM segment");
        StoredFiles.Run(folder.Ledger, "UPDATE producer SET position = 0, first_kept = 1");
        string log = await FailsToStart(folder);
        Assert.Contains("checkpoint", log, StringComparison.Ordinal);
        Assert.Contains("backup", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ledger.db", "ledger-9999.sql")]
    [InlineData("checkpoints.db", "checkpoints-9999.sql")]
    public async Task A_newer_version_is_told(string file, string script)
    {
        await using SiloFolder folder = await Used(killed: false);
        StoredFiles.Run(Path.Combine(folder.DataPath, file), $"INSERT INTO SchemaVersions (ScriptName, Applied) VALUES ('{script}', '2030-01-01')");
        string before = StoredFiles.Fingerprint(folder.DataPath, file);
        string log = await FailsToStart(folder);
        Assert.Contains("newer version", log, StringComparison.Ordinal);
        Assert.Contains(script, log, StringComparison.Ordinal);
        Assert.Equal(before, StoredFiles.Fingerprint(folder.DataPath, file));
    }

    [Theory]
    [InlineData("ledger.db")]
    [InlineData("checkpoints.db")]
    public async Task A_read_only_database_is_told(string file)
    {
        await using SiloFolder folder = await Used(killed: false);
        string path = Path.Combine(folder.DataPath, file);
        File.SetAttributes(path, File.GetAttributes(path) | FileAttributes.ReadOnly);
        string before = StoredFiles.Fingerprint(folder.DataPath, file);
        string log = await FailsToStart(folder);
        Assert.Contains($"{file}: the file is read-only", log, StringComparison.Ordinal);
        Assert.Equal(before, StoredFiles.Fingerprint(folder.DataPath, file));
    }

    /// <summary>A folder that a silo has admitted into, and was killed over or stopped.</summary>
    private static async Task<SiloFolder> Used(bool killed)
    {
        var folder = new SiloFolder(Charter);
        SiloProcess silo = await folder.StartAsync();
        for (int i = 0; i < 5; i++)
            await Until.Admitted(silo.Clients, new() { Coop = Charters.Coop, Member = "alice", Units = 7, Key = $"{i}" });
        if (!killed) silo.Terminate();
        if (killed) await silo.KillAsync();
        else Assert.Equal(0, await silo.ExitAsync());
        return folder;
    }

    private static async Task<string> FailsToStart(SiloFolder folder)
    {
        SiloProcess silo = folder.Launch();
        Assert.True(await silo.ExitAsync() == 2, $"It did not exit with 2; it wrote:\n{silo.Log}");
        Assert.Contains("CoopGrid cannot start.", silo.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", silo.Log, StringComparison.Ordinal);
        return silo.Log;
    }
}
