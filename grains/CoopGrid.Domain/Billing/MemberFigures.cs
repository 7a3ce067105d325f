using System.Collections.Immutable;
using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// What a member used in an epoch, as a bill rates it; also what came late, to be added to it. <c>Surged</c> follows the invariants of
/// <see cref="SurgedUnits"/>.
/// </summary>
public sealed record MemberFigures
{
    /// <summary>Nothing used, never enrolled.</summary>
    public static MemberFigures None { get; } = new();

    /// <summary>u_i: units used in the epoch's slices, ≥ 0 (a correction's may be below).</summary>
    public long Units { get; init; }

    /// <summary>n_i: slices of the epoch at any instant of which the member was enrolled, ≥ 0.</summary>
    public long EnrolledSlices { get; init; }

    /// <summary>Units surged above 1000 ‰, in groups.</summary>
    public ImmutableArray<SurgedUnits> Surged { get; init; } = [];

    /// <summary>Units of its bank that decayed into the commons when the epoch was over, ≥ 0: no money, and on no bill.</summary>
    public long DecayedUnits { get; init; }

    /// <summary>What a report that came after its epoch had closed adds to that epoch.</summary>
    /// <exception cref="OverflowException">The units do not fit 64 bits.</exception>
    public static MemberFigures Late(UsageReported report, EpochSlices epoch) => Used(report.Slices, report.PolicyVersion, epoch);

    /// <summary>What a bill was rated on, by its own lines.</summary>
    public static MemberFigures BilledBy(Bill bill) => new()
    {
        Units = bill.Lines.OfType<OverageLine>().FirstOrDefault()?.Units ?? 0,
        EnrolledSlices = bill.Lines.OfType<FixedLine>().FirstOrDefault()?.EnrolledSlices ?? 0,
        Surged = [.. bill.Lines.OfType<SurchargeLine>().SelectMany(line => line.Surged)],
    };

    /// <summary>What reported slices add to an epoch that holds them.</summary>
    /// <param name="policyVersion">The version that decided the multipliers.</param>
    /// <exception cref="OverflowException">The units do not fit 64 bits.</exception>
    public static MemberFigures Used(ImmutableArray<ReportedSlice> slices, int policyVersion, EpochSlices epoch)
    {
        long units = 0;
        SurgedUnits[] surged = [];
        foreach (ReportedSlice slice in slices)
        {
            if (!epoch.Holds(slice.Slice)) continue;
            units += slice.Units;
            surged = SurgedUnits.Add(surged, new(policyVersion, slice.MultiplierPermille, slice.SurgedUnits));
        }

        return new() { Units = units, Surged = [.. surged] };
    }

    /// <summary>Both together; slices of enrolment stay as they are here, since they are frozen with their epoch.</summary>
    /// <exception cref="OverflowException">A sum does not fit 64 bits.</exception>
    public MemberFigures Plus(MemberFigures change)
    {
        SurgedUnits[] surged = [.. Surged];
        foreach (SurgedUnits group in change.Surged) surged = SurgedUnits.Add(surged, group);
        return this with { Units = Units + change.Units, Surged = [.. surged] };
    }

    public bool Equals(MemberFigures? other) =>
        other is not null && Units == other.Units && EnrolledSlices == other.EnrolledSlices && DecayedUnits == other.DecayedUnits && Surged.SequenceEqual(other.Surged);

    public override int GetHashCode() => HashCode.Combine(Units, EnrolledSlices, Surged.Length);
}

/// <summary>
/// Units of one member and epoch that were surged under one policy version at one multiplier. Lists of them
/// <list type="number">
/// <item>ascend by version, those within before those beyond a reservation, then by multiplier, none twice, none with 0 units;</item>
/// <item>hold multipliers above 1000 only: at or below it a surged unit costs nothing (SPEC.md §6: <c>max(0, multiplier − 1000)</c>).</item>
/// </list>
/// </summary>
/// <param name="PolicyVersion">The version that decided the multiplier.</param>
/// <param name="MultiplierPermille">Above 1000.</param>
/// <param name="Units">Above 0; in a correction not 0.</param>
/// <param name="IsBeyond">Whether they were used beyond a running reservation of the member: they stand on lines of their own (SPEC.md §10).</param>
public readonly record struct SurgedUnits(int PolicyVersion, int MultiplierPermille, long Units, bool IsBeyond = false)
{
    /// <summary>
    /// Adds units to their group. An array that keeps its groups is changed in place, so that an admission allocates only when its
    /// multiplier is new; a call that throws has changed nothing.
    /// </summary>
    /// <exception cref="OverflowException">The group's units do not fit 64 bits.</exception>
    internal static SurgedUnits[] Add(SurgedUnits[] groups, SurgedUnits more)
    {
        if (more.MultiplierPermille <= 1000 || more.Units == 0) return groups;
        int place = 0;
        while (place < groups.Length && groups[place].IsBefore(more)) place++;
        if (place == groups.Length || more.IsBefore(groups[place])) return [.. groups[..place], more, .. groups[place..]];

        long units = groups[place].Units + more.Units;
        if (units == 0) return [.. groups[..place], .. groups[(place + 1)..]];
        groups[place] = more with { Units = units };
        return groups;
    }

    internal bool IsBefore(SurgedUnits other) =>
        (PolicyVersion, IsBeyond, MultiplierPermille).CompareTo((other.PolicyVersion, other.IsBeyond, other.MultiplierPermille)) < 0;
}
