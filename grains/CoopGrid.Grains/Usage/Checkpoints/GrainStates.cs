namespace CoopGrid.Grains.Usage;

/// <summary>
/// Names under which grains' states are stored. The storage's key ignores the grain's class, so each name is used by one class only.
/// </summary>
public static class GrainStates
{
    /// <summary>The storage provider of all checkpoints.</summary>
    public const string Storage = "checkpoints";

    public const string Member = "member";
    public const string MemberKeys = "member-keys";
    public const string Class = "class";
    public const string Coop = "coop";

    /// <summary>A class's tickets for later.</summary>
    public const string Tickets = "tickets";
}
