using CoopGrid.Domain.Billing;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Billing;

/// <summary>Figures of an epoch between the rules and the messages.</summary>
public static class EpochMapping
{
    public static MemberEpochFigures ToMessage(MemberFigures figures) => new()
    {
        Units = figures.Units,
        EnrolledSlices = figures.EnrolledSlices,
        Surged = [.. figures.Surged.Select(group => new SurgedGroup(group.PolicyVersion, group.MultiplierPermille, group.Units, group.IsBeyond))],
        DecayedUnits = figures.DecayedUnits,
    };

    public static MemberFigures ToFigures(MemberEpochFigures message) => new()
    {
        Units = message.Units,
        EnrolledSlices = message.EnrolledSlices,
        Surged = [.. message.Surged.Select(group => new SurgedUnits(group.PolicyVersion, group.MultiplierPermille, group.Units, group.IsBeyond))],
        DecayedUnits = message.DecayedUnits,
    };

    /// <param name="end">The slice after the last one that the figures are of: the epoch's end, or an earlier one for figures so far.</param>
    public static ClassEpochFigures ToMessage(ClassFigures figures, long first, long end, bool isFrozen) => new()
    {
        Number = figures.Epoch.Number,
        FirstSlice = first,
        EndSlice = end,
        UsageUnits = figures.Usage,
        MemberSlices = figures.MemberSlices,
        PolicyVersion = figures.PolicyVersion,
        Tariff = figures.Tariff,
        PreviousUsageUnits = figures.Previous?.Usage,
        PreviousMemberSlices = figures.Previous?.MemberSlices ?? 0,
        IsFrozen = isFrozen,
    };

    public static ClassFigures ToFigures(ClassId @class, ClassEpochFigures message) => new()
    {
        Epoch = new(@class, message.Number),
        Usage = message.UsageUnits,
        MemberSlices = message.MemberSlices,
        Slices = message.EndSlice - message.FirstSlice,
        PolicyVersion = message.PolicyVersion,
        Tariff = message.Tariff,
        Previous = message.PreviousUsageUnits is { } usage ? new(message.Number - 1, usage, message.PreviousMemberSlices) : null,
    };
}
