using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>What holds at the moment: a change is checked against it when it is proposed and again when it is executed.</summary>
public sealed record CurrentRules
{
    /// <summary>The co-op's IANA time zone.</summary>
    public required string TimeZone { get; init; }

    /// <summary>The governance numbers in force.</summary>
    public required GovernancePolicy Governance { get; init; }

    /// <summary>The class that a change names; null if there is none of that name, or the change names none.</summary>
    public ClassRules? Class { get; init; }

    /// <summary>What the commons account holds, in micro-credits.</summary>
    public long CommonsMicroCredits { get; init; }

    /// <summary>Whether the member that a spending is for is one.</summary>
    public bool IsRecipientMember { get; init; }
}

/// <summary>A class's voted policies, without emergency actions.</summary>
/// <param name="Name">The customer class.</param>
/// <param name="Current">The one in force.</param>
/// <param name="Newest">The one with the highest version: the same, or one that waits for its slice.</param>
public sealed record ClassRules(string Name, ClassPolicy Current, ClassPolicy Newest);
