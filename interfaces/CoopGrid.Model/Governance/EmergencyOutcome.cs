namespace CoopGrid.Model;

/// <summary>
/// What became of an operator's emergency call (SPEC.md §11), in order of precedence: the answer is the first that applies. A refusal changes
/// nothing. Numbers are sent: never renumber.
/// </summary>
public enum EmergencyOutcome : byte
{
    /// <summary>Not decided; never an answer.</summary>
    None = 0,

    /// <summary>No reason, no operator's name, or an end that is not in the future.</summary>
    Invalid = 1,

    /// <summary>The caller is no operator.</summary>
    NotAllowed = 2,

    /// <summary>There is no action of that number to lift.</summary>
    ActionUnknown = 3,

    /// <summary>Declared before in the same words, or lifted or lapsed before: a repeat is harmless.</summary>
    Unchanged = 4,

    /// <summary>No such member, class or lane.</summary>
    TargetUnknown = 5,

    /// <summary>A cap that is not lower, or a guarantee that is not higher, than the voted one.</summary>
    NotStricter = 6,

    /// <summary>Operators have held this as long as they may: renewing it needs a proposal, or a rest.</summary>
    NeedsProposal = 7,

    /// <summary>It would last longer than the charter allows.</summary>
    TooLong = 8,

    /// <summary>The policy with the action would not be valid: guarantees add up to too much, or leave no room for the largest request.</summary>
    PolicyInvalid = 9,
    Accepted = 10,
}
