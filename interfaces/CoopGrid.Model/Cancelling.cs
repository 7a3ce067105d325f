namespace CoopGrid.Model;

/// <summary>What became of a cancel, in order of precedence.</summary>
public enum CancelOutcome : byte
{
    None = 0,

    /// <summary>Malformed: no key, or negative units.</summary>
    Invalid = 1,

    /// <summary>No such member.</summary>
    MemberUnknown = 2,

    /// <summary>The key is not remembered: never admitted, past the dedupe window, or admitted by another caller.</summary>
    KeyUnknown = 3,

    /// <summary>Fewer units than were given back before, or more than were admitted.</summary>
    UnitsOutOfRange = 4,

    /// <summary>Given back, now or by an earlier cancel of the same total.</summary>
    Returned = 5,

    /// <summary>No decision is known; ask again.</summary>
    Unavailable = 6,

    /// <summary>No such co-op.</summary>
    CoopUnknown = 7,

    /// <summary>The epoch that the units were used in is closed; decided before <see cref="Returned"/>, unless nothing more is to be given back.</summary>
    EpochClosed = 8,

    /// <summary>The units are a ticket's that has opened: they count as used. Decided before <see cref="EpochClosed"/>.</summary>
    TicketOpened = 40,
}

/// <summary>The answer to a cancel.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="ReturnedUnits">Units given back so far in all.</param>
/// <param name="Reason">For refusals: what was wrong and what to do.</param>
[GenerateSerializer, Immutable, Alias("coopgrid.CancelAnswer")]
public sealed record CancelAnswer(
    [property: Id(0)] CancelOutcome Outcome,
    [property: Id(1)] long ReturnedUnits = 0,
    [property: Id(2)] string Reason = "");
