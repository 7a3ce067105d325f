using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Billing;

/// <summary>What a projected bill is rated on.</summary>
/// <param name="Class">The class's figures so far.</param>
/// <param name="Member">The member's.</param>
public sealed record Projection(ClassFigures Class, MemberFigures Member);

/// <summary>
/// The figures of a bill that is not due yet, as if the epoch ended with the running slice.
/// <list type="number">
/// <item>n, n_i and M go up to and with the running slice.</item>
/// <item>The class is heard of late and the member is not: S and M are at least what the member has of them.</item>
/// </list>
/// </summary>
public static class ProjectionRule
{
    /// <param name="heard">The class's figures of the epoch as last heard, M as it will be if nobody joins or leaves.</param>
    /// <param name="members">N, heard with them.</param>
    /// <param name="running">The running slice.</param>
    /// <returns>Null if the account does not hold the epoch any more.</returns>
    public static Projection? Of(ClassFigures heard, EpochSlices epoch, long members, MemberAccount account, long running)
    {
        long slice = Math.Clamp(running, epoch.First, epoch.End - 1);
        if (account.FiguresOf(epoch, slice) is not { } member) return null;
        ClassFigures figures = heard with
        {
            Usage = Math.Max(heard.Usage, member.Units),
            MemberSlices = Math.Max(ClassFigures.MemberSlicesSoFar(epoch, heard.MemberSlices, members, slice), member.EnrolledSlices),
            Slices = slice + 1 - epoch.First,
        };
        return new(figures, member);
    }
}
