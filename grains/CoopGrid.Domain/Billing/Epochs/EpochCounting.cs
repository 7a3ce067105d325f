using CoopGrid.Domain.Usage;

namespace CoopGrid.Domain.Billing;

/// <summary>
/// Which epoch an entry counts in. Before the first entry of a member that counts in an epoch its account begins it, by an entry of its own:
/// so the entries alone say what an account's epochs are, and a member that does nothing writes nothing.
/// </summary>
public static class EpochCounting
{
    /// <summary>
    /// Whether all slices that an entry counts in are announced. They are at or before the entry's own slice; who leaves is counted out from the one after it.
    /// </summary>
    public static bool IsAnnounced(MemberEntry entry, EpochPlan plan) => plan.Announces(entry is MemberLeft ? entry.Slice + 1 : entry.Slice);

    /// <summary>An epoch that the account must begin before it takes the entry; null if there is none (any more).</summary>
    public static EpochSlices? ToBegin(MemberAccount account, MemberEntry entry, EpochPlan plan)
    {
        switch (entry)
        {
            case Admitted admitted:
                return NotBegun(account, admitted.Slice, plan);
            case UsageReported reported:
                foreach (ReportedSlice slice in reported.InTime)
                {
                    if (NotBegun(account, slice.Slice, plan) is { } epoch) return epoch;
                }

                return null;

            // What is given back was admitted: its epoch has begun. Joining and leaving are known without an epoch.
            default:
                return null;
        }
    }

    private static EpochSlices? NotBegun(MemberAccount account, long slice, EpochPlan plan) => account.CountsIn(slice) ? null : plan.At(slice);
}
