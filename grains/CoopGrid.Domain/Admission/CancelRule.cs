using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>
/// Gives units of an admission back (SPEC.md §4): within the dedupe window, for the caller that admitted them. The total named may
/// only grow, so a repeat is harmless. What was used in an epoch that is closed stays. Usage and the mean shrink; capacity, demand and the rate quota do not come back.
/// </summary>
public static class CancelRule
{
    /// <summary>Decides one cancel.</summary>
    /// <param name="units">The total to be given back so far; 0 = all.</param>
    public static (CancelAnswer Answer, Cancelled? Entry) Decide(MemberAccount account, string key, long units, string caller, in Conditions now)
    {
        if (!Ids.IsName(key)) return (new(CancelOutcome.Invalid, 0, $"The key must be 1 to {Ids.MaxBytes} bytes without control characters."), null);
        if (units < 0) return (new(CancelOutcome.Invalid, 0, "Units must be 0 (all) or above."), null);
        if (account.Status == MemberStatus.Unknown) return (new(CancelOutcome.MemberUnknown, 0, "No such member."), null);

        account.Keys.Forget(now.Now.PlusMs(-now.Policy.DedupeWindowMs));
        Remembered? remembered = account.Keys.Find(key);
        if (remembered is null || remembered.Admitted.Caller != caller)
        {
            long minutes = now.Policy.DedupeWindowMs / 60_000;
            return (new(CancelOutcome.KeyUnknown, 0, $"No admission of this caller with that key in the last {minutes} minutes."), null);
        }

        if (account.Status == MemberStatus.Exited)
            return (new(CancelOutcome.EpochClosed, remembered.ReturnedUnits, "The member has left: its units stand on its final bill."), null);
        long total = units == 0 ? remembered.Admitted.Units : units;
        long returned = remembered.ReturnedUnits;
        if (total > remembered.Admitted.Units)
            return (new(CancelOutcome.UnitsOutOfRange, returned, $"Only {remembered.Admitted.Units} units were admitted."), null);
        if (total < returned)
            return (new(CancelOutcome.UnitsOutOfRange, returned, $"{returned} units were given back already; the total may only grow."), null);
        if (total == returned) return (new(CancelOutcome.Returned, returned), null);
        if (TicketAdmission.Keeps(account, remembered.Admitted, total, now.Now) is { } kept) return (kept with { ReturnedUnits = returned }, null);
        if (remembered.Admitted.Slice < now.ClosedBefore)
            return (new(CancelOutcome.EpochClosed, returned, "The epoch that the units were used in is closed: they stand on its bill."), null);

        Covered covered = remembered.Admitted.Covered;
        var entry = new Cancelled(
            account.Sequence + 1, now.Now, now.SliceOf(account), now.Policy.Version, key, remembered.Admitted.Slice, total - returned, total)
        {
            ReservedUnits = covered.GiveBack(returned).Reserved - covered.GiveBack(total).Reserved,
        };
        return (new(CancelOutcome.Returned, total), entry with { Bank = BankAfter(account, entry, covered, now) });
    }

    /// <summary>The bank with the banked units among those given back; null if it does not change.</summary>
    private static BankAccount? BankAfter(MemberAccount account, Cancelled entry, Covered covered, in Conditions now)
    {
        long before = covered.GiveBack(entry.ReturnedUnits - entry.Units).Banked, after = covered.GiveBack(entry.ReturnedUnits).Banked;
        return Settling.Changed(account, Settling.Before(account, now.Bank, entry.Slice).GiveBack(before - after));
    }
}
