using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// What the final bill of a member that leaves is rated against: its class's figures of the running epoch when it left (SPEC.md §13). They are kept with the
/// member, so that the bill is the same whenever it is made.
/// </summary>
/// <param name="Epoch">The epoch that it left in.</param>
/// <param name="Usage">S so far, at least what the member used.</param>
/// <param name="MemberSlices">M so far, at least what the member has of it.</param>
/// <param name="PolicyVersion">The policy of the epoch's first slice.</param>
/// <param name="Tariff">That policy's tariff.</param>
/// <param name="Previous">The epoch before, if there was one.</param>
public sealed record FinalFigures(EpochSlices Epoch, long Usage, long MemberSlices, int PolicyVersion, TariffPolicy Tariff, EpochMean? Previous)
{
    /// <summary>The figures as the bill's rule takes them: with the epoch's own n.</summary>
    public ClassFigures ToFigures(ClassId @class) => new()
    {
        Epoch = new(@class, Epoch.Number),
        Usage = Usage,
        MemberSlices = MemberSlices,
        Slices = Epoch.Count,
        PolicyVersion = PolicyVersion,
        Tariff = Tariff,
        Previous = Previous,
    };
}
