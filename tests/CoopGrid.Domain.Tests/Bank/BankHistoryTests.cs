using CoopGrid.Domain.Bank;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

public sealed class BankHistoryTests
{
    private static readonly BankTerms First = new(-5, true, 100, 4, new() { SharePermille = 500, CapUnits = 50 });

    /// <summary>Seen to fail with a run that counts one slice more.</summary>
    [Fact]
    public void Running_counts_are_the_slices_counted_one_by_one() =>
        Gen.Select(Gen.Int[0, 4], Gen.Bool).Array[0, 40].Sample(
            closings =>
            {
                var history = new BankHistory(First);
                List<bool> slices = [];
                foreach ((int count, bool offPeak) in closings)
                {
                    history.Close(history.FinalThrough + count, offPeak);
                    slices.AddRange(Enumerable.Repeat(offPeak, count));
                }

                BankHistory restored = BankHistory.Restore(history.Snapshot());
                for (int i = -2; i < slices.Count + 2; i++)
                {
                    bool offPeak = i >= 0 && i < slices.Count && slices[i];
                    long through = slices.Take(Math.Max(0, i + 1)).Count(s => s);
                    Assert.Equal((offPeak, through), (history.IsOffPeak(i - 5), history.OffPeakThrough(i - 5)));
                    Assert.Equal((offPeak, through), (restored.IsOffPeak(i - 5), restored.OffPeakThrough(i - 5)));
                }

                Assert.Equal(slices.Count - 6L, restored.FinalThrough);
                Assert.True(history.Snapshot().Runs.Length <= closings.Length);
            },
            iter: 1000);

    [Fact]
    public void Who_hears_what_follows_has_all_of_it() =>
        Gen.Select(Gen.Int[0, 4], Gen.Bool, Gen.Int[0, 2]).Array[0, 40].Sample(
            steps =>
            {
                var history = new BankHistory(First);
                BankHistory heard = BankHistory.Restore(history.After(long.MinValue));
                foreach ((int count, bool offPeak, int then) in steps)
                {
                    if (then == 0) history.Add(First with { FromSlice = Math.Max(history.Terms[^1].FromSlice, history.FinalThrough + 1) + 1 });
                    history.Close(Math.Max(history.FinalThrough + count, history.Terms[^1].FromSlice - 1), offPeak);
                    if (then == 1) heard = heard.With(history.After(heard.FinalThrough));
                }

                heard = heard.With(history.After(heard.FinalThrough));
                (BankHistorySnapshot all, BankHistorySnapshot told) = (history.Snapshot(), heard.Snapshot());
                Assert.Equal(all.Runs, told.Runs);
                Assert.Equal(all.Terms, told.Terms);
                Assert.Equal(history.FinalThrough, heard.FinalThrough);
                Assert.Equal(all.Runs, BankHistory.Restore(history.After(-7)).Snapshot().Runs);
            },
            iter: 1000);

    [Fact]
    public void Final_is_final()
    {
        var history = new BankHistory(First);
        history.Close(3, true);
        history.Close(3, false);
        history.Close(-1, false);
        Assert.Equal((3L, 9L), (history.FinalThrough, history.OffPeakThrough(3)));
    }

    /// <summary>Seen to fail without the guard: then a member that settled slice 6 would never have the decay before slice 7.</summary>
    [Fact]
    public void Terms_come_before_the_slice_before_them_is_final()
    {
        var history = new BankHistory(First);
        history.Close(6, true);
        foreach (long late in new long[] { -5, 6, 7 }) Assert.Throws<ArgumentOutOfRangeException>(() => history.Add(First with { FromSlice = late }));
        history.Add(First with { FromSlice = 8, BaselineUnits = 7 });
        history.Add(First with { FromSlice = 9 });
        Assert.Throws<ArgumentOutOfRangeException>(() => history.Add(First with { FromSlice = 9 }));
        Assert.Equal([0, 0, 1, 2, 2], new long[] { -5, 7, 8, 9, 1000 }.Select(history.TermsOf));
        Assert.Equal(history.Terms, BankHistory.Restore(history.Snapshot()).Terms);
    }
}
