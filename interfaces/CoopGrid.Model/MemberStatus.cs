namespace CoopGrid.Model;

/// <summary>Where a member stands in its membership. Numbers are stored: never renumber.</summary>
public enum MemberStatus : byte
{
    /// <summary>Never enrolled.</summary>
    Unknown = 0,
    Active = 1,
    Suspended = 2,
    Exited = 3,
}
