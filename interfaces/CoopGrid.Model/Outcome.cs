namespace CoopGrid.Model;

/// <summary>
/// What became of a request, in order of precedence (SPEC.md §4): the answer is the first that applies. Numbers are stored and
/// sent: never renumber. The remembered answer of a known key stands between <see cref="Invalid"/> and <see cref="KeyConflict"/>.
/// </summary>
public enum Outcome : byte
{
    /// <summary>Not decided; never an answer.</summary>
    None = 0,

    /// <summary>Malformed whatever the policy says, or (after the member is known) an unknown dimension or too many units.</summary>
    Invalid = 1,

    /// <summary>The key was used before with another payload. Nothing changed.</summary>
    KeyConflict = 2,

    /// <summary>The key's admission was cancelled wholly; a key is spent for ever within the dedupe window.</summary>
    KeyCancelled = 3,

    /// <summary>No such member, or no member behind the sender.</summary>
    MemberUnknown = 4,

    /// <summary>The member is suspended.</summary>
    MemberSuspended = 5,

    /// <summary>The member has left the co-op.</summary>
    MemberExited = 6,

    /// <summary>The class has no lane of that name.</summary>
    LaneUnknown = 7,

    /// <summary>The lane needs an entitlement that the member lacks.</summary>
    LaneForbidden = 8,

    /// <summary>The ticket is used, late, unknown or another member's.</summary>
    TicketInvalid = 9,

    /// <summary>The member's own rate or window limit is reached.</summary>
    QuotaExceeded = 10,

    /// <summary>Units would be surged at a multiplier above the caller's limit.</summary>
    PriceAboveLimit = 11,

    /// <summary>The class has no room for this lane and standing.</summary>
    CapacityExceeded = 12,

    /// <summary>A ticket was issued for later.</summary>
    Deferred = 13,

    /// <summary>Charged once.</summary>
    Admitted = 14,

    /// <summary>No decision is known: the grid could not decide or could not make the decision durable. Retry with the same key.</summary>
    Unavailable = 15,

    /// <summary>No such co-op.</summary>
    CoopUnknown = 16,
}
