using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// A member leaves (SPEC.md §13).
/// <list type="number">
/// <item>Its last slice is that of the entry; its class counts it out from the next one.</item>
/// <item>Its final bill is rated on S and M so far, as last heard, which go up to and with its last slice; both are at least what the member has of them.</item>
/// <item>Who leaves in an epoch of which the class has not been heard yet leaves a moment later.</item>
/// </list>
/// </summary>
public static class ExitRule
{
    /// <summary>The entry for a member that has not left; null if the class's running epoch has not been heard of: ask again.</summary>
    /// <param name="plan">The class's epochs; null if it has none.</param>
    /// <param name="heard">The running epoch as last heard, M as it will be if nobody joins or leaves.</param>
    /// <param name="members">N, heard with it.</param>
    public static MemberLeft? Leave(MemberAccount account, string reason, in Conditions now, EpochPlan? plan, ClassFigures? heard, long members)
    {
        long slice = now.SliceOf(account);
        FinalFigures? final = null;
        if (plan?.At(slice) is { } epoch)
        {
            if (heard is null || heard.Epoch.Number != epoch.Number || account.FiguresOf(epoch, slice) is not { } own) return null;
            long soFar = ClassFigures.MemberSlicesSoFar(epoch, heard.MemberSlices, members, slice);
            final = new(
                epoch, Math.Max(heard.Usage, own.Units), Math.Max(soFar, own.EnrolledSlices), heard.PolicyVersion, heard.Tariff, heard.Previous);
        }

        return new(account.Sequence + 1, now.Now, slice, now.Policy.Version, reason, final);
    }
}
