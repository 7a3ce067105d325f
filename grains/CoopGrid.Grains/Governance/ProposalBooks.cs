namespace CoopGrid.Grains.Governance;

/// <summary>Where proposals' entries are: a book for each, by its id.</summary>
public static class ProposalBooks
{
    /// <summary>The books' kind. Stored: it never changes.</summary>
    public const string Kind = "proposal";
}
