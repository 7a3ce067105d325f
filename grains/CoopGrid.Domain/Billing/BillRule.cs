using System.Collections.Immutable;
using CoopGrid.Model;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// A member's bill for an epoch (SPEC.md §10).
/// <list type="number">
/// <item><c>fixed = round(fixed_fee · n_i / n)</c>, always a line.</item>
/// <item><c>overage = round(rate · max(0, 1000·M·u_i − κ·S·n_i) / (1000·M))</c>, with S and M of the mean's basis; always a line, but in a class that had no members (M = 0).</item>
/// <item>For each policy version with surged units: <c>round(rate · Σ surged · (multiplier − 1000) / 1000)</c>. The rate is the epoch's.</item>
/// <item>For each multiplier of units beyond a reservation: <c>round(rate · units · (multiplier − 1000) / 1000)</c>, as any surcharge, on a line of its
/// own.</item>
/// <item>A line is rounded once, half to even; <c>bill = fixed + overage + surcharges + reservations + reservation overage + adjustments −
/// credits</c>, in that order.</item>
/// <item>The rule is a function of its arguments: a projected bill is the same rule on the figures so far.</item>
/// <item>A member with <c>u_i·M ≤ S·n_i</c>, κ ≥ 1000 and nothing surged pays the fixed fee alone, whatever others do.</item>
/// <item>What does not fit 64 bits is an error, and nothing is changed. A valid policy bounds every bill (<c>PolicyRules</c>).</item>
/// </list>
/// </summary>
public static class BillRule
{
    /// <summary>The lines that the formula gives.</summary>
    /// <exception cref="ArgumentException">The figures cannot be of one class: the member has more slices than the class, or the epoch none.</exception>
    public static ImmutableArray<BillLine> Rate(ClassFigures figures, MemberFigures member)
    {
        Check(figures, member);
        ImmutableArray<BillLine>.Builder lines = ImmutableArray.CreateBuilder<BillLine>(3);
        lines.Add(new FixedLine
        {
            Epoch = figures.Epoch,
            PolicyVersion = figures.PolicyVersion,
            FixedFee = figures.Tariff.FixedFee,
            EnrolledSlices = member.EnrolledSlices,
            Slices = figures.Slices,
        });
        if (figures.Basis.MemberSlices > 0)
        {
            lines.Add(new OverageLine
            {
                Epoch = figures.Epoch,
                PolicyVersion = figures.PolicyVersion,
                Rate = figures.Tariff.Rate,
                ComfortPermille = figures.Tariff.ComfortPermille,
                Units = member.Units,
                EnrolledSlices = member.EnrolledSlices,
                Mean = figures.Basis,
            });
        }

        foreach (IGrouping<int, SurgedUnits> version in member.Surged.Where(group => !group.IsBeyond).GroupBy(group => group.PolicyVersion))
        {
            lines.Add(new SurchargeLine
            {
                Epoch = figures.Epoch,
                PolicyVersion = version.Key,
                Rate = figures.Tariff.Rate,
                Surged = [.. version],
            });
        }

        lines.AddRange(member.Surged.Where(group => group.IsBeyond).Select(group => Beyond(figures, group)));
        return lines.DrainToImmutable();
    }

    /// <summary>The projected bill: the formula's lines and what other rooms hand in, summed.</summary>
    /// <param name="handedIn">Reservations, their overage, adjustments and credits, in any order.</param>
    /// <exception cref="ArgumentException">As for <see cref="Rate"/>, or a line is handed in that the bill computes.</exception>
    /// <exception cref="OverflowException">A line or the total does not fit 64 bits.</exception>
    public static Bill Project(MemberId member, ClassFigures figures, MemberFigures used, ImmutableArray<BillLine> handedIn)
    {
        foreach (BillLine line in handedIn)
        {
            if (line.Kind <= BillLineKind.Surcharge) throw new ArgumentException($"A line of kind {line.Kind} is computed, not handed in.", nameof(handedIn));
        }

        return Bill.Of(member, figures.Epoch, [.. Rate(figures, used).Concat(handedIn).OrderBy(line => line.Kind)]);
    }

    private static BeyondLine Beyond(ClassFigures figures, SurgedUnits group) => new()
    {
        Epoch = figures.Epoch,
        PolicyVersion = group.PolicyVersion,
        Rate = figures.Tariff.Rate,
        Units = group.Units,
        MultiplierPermille = group.MultiplierPermille,
    };

    private static void Check(ClassFigures figures, MemberFigures member)
    {
        if (figures.Slices < 1) throw new ArgumentException($"Epoch {figures.Epoch} has no slice.", nameof(figures));
        if (member.EnrolledSlices > figures.Slices || member.EnrolledSlices > figures.MemberSlices)
            throw new ArgumentException($"The member has {member.EnrolledSlices} slices, of {figures.Slices} of the epoch and {figures.MemberSlices} of the class.", nameof(member));
        if (figures.Basis.MemberSlices == 0 && member.Units != 0)
            throw new ArgumentException($"The member used {member.Units} units in a class without members.", nameof(member));
    }
}
