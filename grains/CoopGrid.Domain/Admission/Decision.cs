using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>What a request comes to: the answer, the entry that records it if it changes the account, and what it asked of the class.</summary>
/// <param name="Answer">What the caller is told.</param>
/// <param name="Entry">The admission, or null for refusals and replays.</param>
/// <param name="Asked">Lane, band and units, if the request came as far as price and capacity; else default.</param>
public readonly record struct Decision(AdmissionAnswer Answer, Admitted? Entry, RoomRequest Asked)
{
    /// <summary>Whether the request counts as demand: admitted, or refused for price or capacity.</summary>
    public bool IsDemand => Asked.Units > 0;

    /// <summary>Whether the class is to be asked for a ticket: there is a deadline, and the class gives some.</summary>
    public bool MayDefer { get; init; }

    /// <summary>Whether it was refused for lack of room only, so that waiting may help.</summary>
    public bool LacksRoom { get; init; }
}
