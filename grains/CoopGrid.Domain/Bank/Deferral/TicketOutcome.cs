using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>What became of a request for a ticket, in order of precedence. A key that holds a ticket already gets it again after <see cref="KeyConflict"/>.</summary>
public enum DeferralOutcome : byte
{
    None = 0,

    /// <summary>The key holds a ticket for other units.</summary>
    KeyConflict = 1,

    /// <summary>The class gives no tickets.</summary>
    NoTickets = 2,

    /// <summary>More units than one second's target.</summary>
    TooLarge = 3,

    /// <summary>No second starts late enough and ends before the deadline.</summary>
    DeadlineTooSoon = 4,

    /// <summary>The member's tickets and this one are over its cap.</summary>
    MemberCapReached = 5,

    /// <summary>No second before the deadline and the horizon has room.</summary>
    Full = 6,

    /// <summary>A ticket was issued.</summary>
    Issued = 7,
}

/// <summary>What a ticket is to its member's request, in order of precedence.</summary>
public enum TicketOutcome : byte
{
    None = 0,

    /// <summary>The member has no such ticket: it is another's, was never issued, or was cancelled.</summary>
    Unknown = 1,

    /// <summary>It was redeemed.</summary>
    Used = 2,

    /// <summary>Its second has passed, the lane's wait included.</summary>
    Late = 3,

    /// <summary>More units than the ticket's.</summary>
    TooLarge = 4,

    /// <summary>Its second has not come yet; the ticket stays good.</summary>
    TooEarly = 5,

    /// <summary>It admits: for certain, at multiplier 1000.</summary>
    Good = 6,
}

/// <summary>What a calendar's outcomes are to the member's request, whose own are in SPEC.md §4.</summary>
public static class TicketOutcomes
{
    public static Outcome ToOutcome(this DeferralOutcome outcome) => outcome switch
    {
        DeferralOutcome.KeyConflict => Outcome.KeyConflict,
        DeferralOutcome.Issued => Outcome.Deferred,
        _ => Outcome.CapacityExceeded,
    };
}
