namespace CoopGrid.Grains.Ledger;

/// <summary>A stored segment is missing, damaged, or of a version that this program does not know.</summary>
public sealed class LedgerCorruptException : Exception
{
    public LedgerCorruptException(long producer, long position, string what)
        : base($"Ledger segment {position} of producer {producer}: {what} Restore the data folder from a backup.")
    {
        Producer = producer;
        Position = position;
    }

    /// <summary>Whose log.</summary>
    public long Producer { get; }

    /// <summary>Which segment.</summary>
    public long Position { get; }
}

/// <summary>A reader asked for segments that are deleted because every checkpoint is beyond them: read the checkpoint again.</summary>
public sealed class LedgerGapException(long producer, long afterPosition, long firstKept)
    : Exception($"Ledger of producer {producer}: asked for what follows {afterPosition}, but the first segment kept is {firstKept}.")
{
    /// <summary>The lowest position that can still be read.</summary>
    public long FirstKept { get; } = firstKept;
}
