using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Tests.Admission;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

/// <summary>An account is the fold of its entries, wherever the fold begins (L3).</summary>
public sealed class MemberAccountTests
{
    /// <summary>
    /// From a snapshot at any point, with its keys, the rest of the history leads to the same account. Seen to fail with Newest, with
    /// LastSlice, with either value of the quota, and with the meters left out of MemberAccount.Snapshot.
    /// </summary>
    [Fact]
    public void Replaying_from_any_snapshot_gives_the_same_account() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 60], Gen.Int[0, 60]).Sample(
            (seed, steps, at) =>
            {
                List<MemberEntry> entries = Histories.Random(seed, steps);
                MemberAccount whole = Fold(new(), entries);
                MemberAccount start = Fold(new(), entries.Take(at));
                MemberAccount restored = MemberAccount.Restore(start.Snapshot());
                foreach (Remembered key in start.Keys.OldestFirst()) restored.Keys.Remember(key.Admitted);
                foreach (Remembered key in start.Keys.GivenBack()) restored.Keys.GiveBack(key.Admitted.Key, key.ReturnedUnits);
                Assert.Equal(Scene.Portrait(start), Scene.Portrait(restored));
                Assert.Equal(Scene.Portrait(whole), Scene.Portrait(Fold(restored, entries.Skip(at))));
            },
            iter: 500);

    /// <summary>Usage, totals and membership against looking at all entries.</summary>
    [Fact]
    public void The_fold_is_what_the_entries_say() =>
        Gen.Int[0, 1_000_000].Sample(
            seed =>
            {
                List<MemberEntry> entries = Histories.Random(seed, 50);
                MemberAccount account = Fold(new(), entries);
                Dictionary<long, long> bySlice = [];
                foreach ((long slice, long units) in entries.SelectMany(Units)) bySlice[slice] = bySlice.GetValueOrDefault(slice) + units;
                Assert.Equal(bySlice.Values.Sum(), account.TotalUnits);
                for (long slice = account.LastSlice; slice < account.LastSlice + 5; slice++)
                    Assert.Equal(bySlice.Where(s => s.Key > slice - 4 && s.Key <= slice).Sum(s => s.Value), account.UsageAt(slice));
                Assert.Equal((entries.Count, entries.Max(entry => entry.Slice)), (account.Sequence, account.LastSlice));
                Assert.Equal(entries.OfType<Admitted>().Select(entry => entry.Key), account.Keys.After(0).Select(key => key.Admitted.Key));
            },
            iter: 500);

    [Fact]
    public void An_entry_that_is_not_the_next_one_changes_nothing()
    {
        MemberAccount account = Fold(new(), Histories.Random(1, 20));
        string before = Scene.Portrait(account);
        foreach (long sequence in new[] { account.Sequence - 1, account.Sequence, account.Sequence + 2 })
            Assert.Throws<InvalidOperationException>(() => account.Apply(new MeterRegistered(sequence, Scene.Now, 0, 1, "m")));
        Assert.Equal(before, Scene.Portrait(account));
    }

    [Fact]
    public void An_account_without_entries_is_nobodys()
    {
        var account = new MemberAccount();
        Assert.Equal((MemberStatus.Unknown, 0, 0), (account.Status, account.UsageAt(5), account.TotalUnits));
        Assert.Equal(Scene.Portrait(account), Scene.Portrait(MemberAccount.Restore(account.Snapshot())));
    }

    // A report counts in its slices, a cancel in the slice of what it cancels, unless that has left the window.
    private static IEnumerable<(long Slice, long Units)> Units(MemberEntry entry) => entry switch
    {
        Admitted admitted => [(admitted.Slice, admitted.Units)],
        Cancelled cancelled => [(cancelled.AdmittedSlice, -cancelled.Units)],
        UsageReported reported => reported.Slices.Select(slice => (slice.Slice, slice.Units)),
        _ => [],
    };

    private static MemberAccount Fold(MemberAccount account, IEnumerable<MemberEntry> entries)
    {
        foreach (MemberEntry entry in entries) account.Apply(entry);
        return account;
    }
}
