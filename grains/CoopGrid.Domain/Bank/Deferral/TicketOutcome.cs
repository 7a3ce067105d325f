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

    /// <summary>The member's open tickets and this one are over its cap.</summary>
    MemberCapReached = 5,

    /// <summary>No second before the deadline and the horizon has room.</summary>
    Full = 6,

    /// <summary>A ticket was issued.</summary>
    Issued = 7,
}

/// <summary>What became of redeeming or cancelling a ticket, in order of precedence.</summary>
public enum TicketOutcome : byte
{
    None = 0,

    /// <summary>No such ticket: never issued, or cancelled.</summary>
    Unknown = 1,

    /// <summary>It is another member's.</summary>
    AnotherMembers = 2,

    /// <summary>It was redeemed by another key (or, to a cancel, by any).</summary>
    Used = 3,

    /// <summary>Its second has passed (to a cancel: has come), the lane's wait included.</summary>
    Late = 4,

    /// <summary>More units than the ticket's.</summary>
    TooLarge = 5,

    /// <summary>Its second has not come yet; the ticket stays good.</summary>
    TooEarly = 6,

    /// <summary>Redeemed: admitted for certain, at multiplier 1000. The same key in time is told so again.</summary>
    Redeemed = 7,

    /// <summary>Cancelled; its units went back to its second.</summary>
    Cancelled = 8,
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

    /// <summary>For a request that names a ticket.</summary>
    public static Outcome ToOutcome(this TicketOutcome outcome) => outcome switch
    {
        TicketOutcome.TooEarly => Outcome.Deferred,
        TicketOutcome.Redeemed => Outcome.Admitted,
        _ => Outcome.TicketInvalid,
    };
}
