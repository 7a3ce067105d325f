using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Bank;

/// <summary>What settling a bank came to.</summary>
/// <param name="Account">The bank afterwards.</param>
/// <param name="SavedUnits">Units saved by it.</param>
/// <param name="DecayedUnits">Units for the commons account.</param>
public readonly record struct BankSettlement(BankAccount Account, long SavedUnits, long DecayedUnits);

/// <summary>
/// Saving and decay of a member's bank (SPEC.md §8), as late as one likes: a bank is settled when its member is touched, not slice by slice.
/// <list type="number">
/// <item>A final off-peak slice saves <c>share · max(0, baseline − n · used) / (1000 · n)</c> units; other slices save nothing. The remainder is carried in
/// parts of a unit, so k alike slices save <c>floor(k · parts / (1000 · n))</c>, whatever the parts are.</item>
/// <item>Saving brings what is held, remainder included, up to the cap at most; what is at or above the cap stays as it is. So savings add up:
/// any number of slices between two decays is one step, <c>t ← t ≥ cap ? t : min(cap, t + Σ parts)</c>.</item>
/// <item>At an epoch's start, <c>held · ‰ / 1000</c>, floored, goes to the commons account. Its place is after the last slice of the old epoch and before the
/// first of the new one, and it happens when that last slice is final; the remainder does not decay.</item>
/// <item>Settling twice is settling once: through a and then through b is the same as through b, if nothing was spent and no usage of the slices
/// changed in between. So every entry that spends, gives back or changes usage settles first.</item>
/// <item>Where n changes, the remainder is taken over in the new parts, floored: less than 1/(1000 · n) of a unit is lost.</item>
/// <item>Work: O(log) for each epoch or change of policy in the span, and for each slice in it that was used. Idle slices are not looked at.</item>
/// </list>
/// </summary>
public static class BankRule
{
    /// <summary>The bank settled through the class's last final slice; unchanged if it is already settled that far.</summary>
    /// <param name="history">The class's. Slices before its first one save nothing.</param>
    /// <param name="used">The member's usage by slice, oldest first, at least of all slices with usage after <see cref="BankAccount.SettledThrough"/>:
    /// its window before it is rolled.</param>
    /// <param name="through">Settled no further than this slice, with the decay that follows it.</param>
    /// <exception cref="OverflowException">What was saved does not fit 64 bits.</exception>
    public static BankSettlement Settle(BankAccount account, BankHistory history, IReadOnlyList<SliceUnits> used, long through = long.MaxValue)
    {
        account.Checked();
        long final = Math.Min(history.FinalThrough, through);
        if (final <= account.SettledThrough) return new(account, 0, 0);

        BankAccount bank = account;
        long next = Math.Max(account.SettledThrough + 1, history.FirstSlice);
        var usage = new UsageInOrder(used);
        for (int place = history.TermsOf(next); next <= final; place++)
        {
            bool more = place + 1 < history.Terms.Count;
            long last = more ? Math.Min(final, history.Terms[place + 1].FromSlice - 1) : final;
            BankTerms terms = history.Terms[place];
            bank = Deposit(bank, terms, PartsSaved(terms, history, next, last, ref usage));
            next = last + 1;
            if (more && history.Terms[place + 1] is { StartsEpoch: true } starting && starting.FromSlice == next)
                bank = Decay(bank, starting.Bank.DecayPermille);
        }

        bank = (bank with { SettledThrough = final }).Checked();
        return new(bank, bank.Saved - account.Saved, bank.Decayed - account.Decayed);
    }

    /// <summary>How many of the units that nothing else covers the bank covers: only while the multiplier is above 1000.</summary>
    public static long Covers(long held, long units, int multiplierPermille) => multiplierPermille > 1000 ? Math.Min(held, units) : 0;

    /// <summary>Property 1 over the slices from <paramref name="from"/> to <paramref name="last"/>, which have the same terms.</summary>
    private static Int128 PartsSaved(BankTerms terms, BankHistory history, long from, long last, ref UsageInOrder used)
    {
        long idle = history.OffPeakThrough(last) - history.OffPeakThrough(from - 1);
        Int128 parts = 0;
        while (used.TryNext(last, out SliceUnits slice))
        {
            if (slice.Slice < from || !history.IsOffPeak(slice.Slice)) continue;
            idle--;
            parts += terms.PartsSaved(slice.Units);
        }

        return parts + (idle * terms.PartsSaved(0));
    }

    /// <summary>Property 2.</summary>
    private static BankAccount Deposit(BankAccount bank, BankTerms terms, Int128 saved)
    {
        long unit = terms.PartsPerUnit;
        long carried = bank.CarriedParts;
        if (carried > 0 && bank.WindowSlices != terms.WindowSlices) carried = Integers.MulDivFloor(carried, terms.WindowSlices, bank.WindowSlices);

        Int128 total = ((Int128)bank.Held * unit) + carried, cap = (Int128)terms.Bank.CapUnits * unit;
        if (total < cap) total = Int128.Min(cap, total + saved);
        long held = (long)(total / unit);
        return bank with
        {
            Saved = bank.Saved + (held - bank.Held),
            Held = held,
            CarriedParts = (long)(total % unit),
            WindowSlices = terms.WindowSlices,
        };
    }

    /// <summary>Property 3.</summary>
    private static BankAccount Decay(BankAccount bank, int permille)
    {
        long lost = Integers.MulDivFloor(bank.Held, permille, 1000);
        return bank with { Decayed = bank.Decayed + lost, Held = bank.Held - lost };
    }

    /// <summary>A member's used slices, taken from the oldest on.</summary>
    private struct UsageInOrder(IReadOnlyList<SliceUnits> used)
    {
        private int _taken;

        /// <summary>The next one, if it is not after <paramref name="last"/>.</summary>
        public bool TryNext(long last, out SliceUnits slice)
        {
            slice = _taken < used.Count ? used[_taken] : default;
            if (_taken == used.Count || slice.Slice > last) return false;
            _taken++;
            return true;
        }
    }
}
