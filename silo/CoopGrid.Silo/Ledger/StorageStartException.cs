namespace CoopGrid.Silo.Ledger;

/// <summary>
/// The storage cannot be opened. The message names the file and says what to do; nothing was changed. The host prints it and exits.
/// </summary>
public sealed class StorageStartException : Exception
{
    public StorageStartException(string file, string what, Exception? cause = null)
        : base($"{file}: {what}", cause) => File = file;

    /// <summary>The file or folder that stands in the way.</summary>
    public string File { get; }
}
