using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>What epochs' bills are made of, as classes and members have frozen it.</summary>
internal interface IEpochFigures
{
    /// <summary>The class's frozen figures of an epoch; null while it is not frozen.</summary>
    Task<FrozenEpoch?> OfClassAsync(ClassId @class, long epoch, CancellationToken cancellation);

    /// <summary>
    /// Members' frozen figures, in the order asked. A member that had no part in the epoch has none of it (<see cref="MemberFigures.None"/>). Null for one that left in
    /// it: it has its final bill then.
    /// </summary>
    Task<IReadOnlyList<MemberFigures?>> OfMembersAsync(ClassId @class, long epoch, IReadOnlyList<string> members, CancellationToken cancellation);

    /// <summary>The epoch's books are closed: its figures may be let go. Harmless to repeat.</summary>
    Task BilledAsync(ClassId @class, long epoch, CancellationToken cancellation);
}

/// <summary>A class's epoch that nothing is added to any more.</summary>
/// <param name="Figures">What its bills are rated against.</param>
/// <param name="Span">The time it was.</param>
/// <param name="CommonsPermille">The voted share of its revenue that goes to the commons, 0 to 1000.</param>
internal sealed record FrozenEpoch(ClassFigures Figures, EpochSpan Span, int CommonsPermille);
