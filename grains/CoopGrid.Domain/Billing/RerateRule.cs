using System.Collections.Immutable;

namespace CoopGrid.Domain.Billing;

/// <summary>What became of usage that came after its epoch had closed, in order of precedence.</summary>
public enum RerateOutcome : byte
{
    /// <summary>Nothing came: no unit, and no surged one.</summary>
    NothingLate = 1,

    /// <summary>A correction takes more than the member had used.</summary>
    BelowZero = 2,

    /// <summary>The lines go on the member's next bill.</summary>
    Adjusted = 3,
}

/// <summary>An answer of <see cref="RerateRule"/>.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Lines">One for each line of the closed epoch that is otherwise now.</param>
/// <param name="Rated">What the member is rated on from now on; as before unless adjusted.</param>
/// <param name="Reason">Why it was refused.</param>
public sealed record Rerating(RerateOutcome Outcome, ImmutableArray<AdjustmentLine> Lines, MemberFigures Rated, string Reason = "");

/// <summary>
/// Late units of a closed epoch (SPEC.md §9), re-rated against its frozen S, M, n and tariff.
/// <list type="number">
/// <item>Nothing is rewritten: each line that changes gives an adjustment line, which cites the epoch and holds the line before and after.</item>
/// <item>An adjustment is the difference of two rounded amounts, so that original + corrections = rating the member from scratch, to the
/// micro-credit, however often and in whatever pieces units come.</item>
/// <item>Slices of enrolment are frozen with the epoch; so the fixed fee never changes.</item>
/// </list>
/// </summary>
public static class RerateRule
{
    /// <summary>Rates what came late.</summary>
    /// <param name="frozen">The closed epoch's figures; for a member that had left, those of its final bill.</param>
    /// <param name="rated">What the member has been rated on so far, corrections included.</param>
    /// <param name="late">What came: units and surged groups. A correction may take some back.</param>
    /// <exception cref="OverflowException">A sum or a line does not fit 64 bits.</exception>
    public static Rerating Adjust(ClassFigures frozen, MemberFigures rated, MemberFigures late)
    {
        if (late.Units == 0 && late.Surged.Length == 0) return new(RerateOutcome.NothingLate, [], rated, "There are no late units.");
        MemberFigures now = rated.Plus(late);
        if (now.Units < 0)
            return new(RerateOutcome.BelowZero, [], rated, $"{-late.Units} units are taken back, and {rated.Units} were used in epoch {frozen.Epoch}.");
        foreach (SurgedUnits group in now.Surged)
        {
            if (group.Units >= 0) continue;
            string reason = $"More surged units are taken back than there were at {group.MultiplierPermille} ‰ of policy version {group.PolicyVersion}.";
            return new(RerateOutcome.BelowZero, [], rated, reason);
        }

        return new(RerateOutcome.Adjusted, Differences(BillRule.Rate(frozen, rated), BillRule.Rate(frozen, now), late), now);
    }

    private static ImmutableArray<AdjustmentLine> Differences(ImmutableArray<BillLine> before, ImmutableArray<BillLine> after, MemberFigures late)
    {
        var places = before.Concat(after).Select(line => (line.Kind, line.PolicyVersion)).Distinct().Order();
        ImmutableArray<AdjustmentLine>.Builder lines = ImmutableArray.CreateBuilder<AdjustmentLine>();
        foreach ((BillLineKind kind, int version) in places)
        {
            BillLine? old = Find(before, kind, version);
            BillLine? now = Find(after, kind, version);
            if (old == now) continue;
            long units = kind == BillLineKind.Surcharge
                ? late.Surged.Where(group => group.PolicyVersion == version).Sum(group => group.Units)
                : late.Units;
            lines.Add(new() { Epoch = (old ?? now)!.Epoch, PolicyVersion = version, Before = old, After = now, LateUnits = units });
        }

        return lines.DrainToImmutable();
    }

    private static BillLine? Find(ImmutableArray<BillLine> lines, BillLineKind kind, int version) =>
        lines.FirstOrDefault(line => line.Kind == kind && line.PolicyVersion == version);
}
