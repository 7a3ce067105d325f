using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// What a class's bills of one epoch are rated against (SPEC.md §10). Frozen when the epoch closes; until then the same type holds the
/// figures so far:
/// <list type="bullet">
/// <item>for a projected bill, S, M and n up to and with the running slice, as if the epoch ended with it;</item>
/// <item>for the final bill of a member that leaves, S and M so far and the epoch's own n.</item>
/// </list>
/// </summary>
public sealed record ClassFigures
{
    public required ClassEpoch Epoch { get; init; }

    /// <summary>S: units used in the epoch's slices by all members, those who left included; ≥ 0.</summary>
    public long Usage { get; init; }

    /// <summary>M = Σ n_j over the class, ≥ 0.</summary>
    public long MemberSlices { get; init; }

    /// <summary>n: slices of the epoch, above 0.</summary>
    public required long Slices { get; init; }

    /// <summary>The policy of the epoch's first slice: what the bill's formula uses holds until its last (SPEC.md §11).</summary>
    public required int PolicyVersion { get; init; }

    /// <summary>Fixed fee, rate, κ and mean basis of the whole epoch.</summary>
    public required TariffPolicy Tariff { get; init; }

    /// <summary>The epoch before, if there was one: S and M as frozen.</summary>
    public EpochMean? Previous { get; init; }

    /// <summary>The mean that overage is measured from: the previous epoch's if the policy says so and there was one with members.</summary>
    public EpochMean Basis => Tariff.MeanBasis == MeanBasis.PreviousEpoch && Previous is { MemberSlices: > 0 } previous
        ? previous
        : new(Epoch.Number, Usage, MemberSlices);

    /// <summary>
    /// M so far, from M as it will be if nobody joins or leaves any more (the sum of what <see cref="EpochUsage.Enrol"/> and
    /// <see cref="EpochUsage.Leave"/> answer): every member of now has yet to count for every slice after the running one.
    /// </summary>
    /// <param name="memberSlicesToTheEnd">M if nothing changes.</param>
    /// <param name="members">N: members enrolled now.</param>
    /// <param name="running">The running slice, of this epoch.</param>
    /// <exception cref="OverflowException">A product does not fit 64 bits.</exception>
    public static long MemberSlicesSoFar(EpochSlices epoch, long memberSlicesToTheEnd, long members, long running) =>
        memberSlicesToTheEnd - (members * (epoch.End - 1 - running));
}

/// <summary>The mean usage of a class per member and slice, as the exact fraction S/M. <c>default</c> is a class without members.</summary>
/// <param name="Epoch">The epoch's number.</param>
/// <param name="Usage">S, ≥ 0.</param>
/// <param name="MemberSlices">M, ≥ 0.</param>
public readonly record struct EpochMean(long Epoch, long Usage, long MemberSlices);
