namespace CoopGrid.Silo.Ledger.Sqlite;

/// <summary>
/// The folder of an embedded grid, held by one process at a time: whoever holds it may seal all earlier producers (L4a). The operating
/// system gives the lock back when the process dies, however it dies.
/// </summary>
public sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    /// <summary>The folder, in full.</summary>
    public string Path { get; }

    internal string LedgerFile => LedgerFileIn(Path);

    internal string CheckpointsFile => System.IO.Path.Combine(Path, "checkpoints.db");

    /// <summary>Where a folder's ledger is, or would be.</summary>
    internal static string LedgerFileIn(string path) => System.IO.Path.Combine(path, "ledger.db");

    /// <summary>Creates the folder where it is missing and takes its lock.</summary>
    /// <exception cref="StorageStartException">Another process holds it, or it cannot be written to.</exception>
    public static DataFolder Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        string file = System.IO.Path.Combine(full, "coopgrid.lock");
        try
        {
            Directory.CreateDirectory(full);
            return new(full, new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            string what = cause is UnauthorizedAccessException || !File.Exists(file)
                ? $"the data folder cannot be written to ({cause.Message}). Give this user the right, or choose another DataPath."
                : "another process uses this data folder. Stop it, or choose another DataPath.";
            throw new StorageStartException(full, what, cause);
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose() => _lock.Dispose();
}
