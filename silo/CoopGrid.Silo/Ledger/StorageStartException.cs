namespace CoopGrid.Silo.Ledger;

/// <summary>
/// The storage cannot be opened. The message names what stands in the way and says what to do; nothing was changed. The host prints it and exits.
/// </summary>
public sealed class StorageStartException : Exception
{
    public StorageStartException(string place, string what, Exception? cause = null)
        : base($"{place}: {what}", cause) => Place = place;

    /// <summary>The file, folder or database that stands in the way.</summary>
    public string Place { get; }
}
