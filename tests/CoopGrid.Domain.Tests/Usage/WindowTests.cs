using CoopGrid.Domain.Usage;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

public class WindowTests
{
    [Fact]
    public void The_oracle_counts_the_slices_of_its_window()
    {
        var oracle = new WindowOracle(3);
        Assert.True(oracle.Add(10, 5));
        Assert.True(oracle.Add(12, 7));
        Assert.Equal(12, oracle.Usage);
        Assert.Equal(7, oracle.UsageAt(13));
        Assert.Equal(0, oracle.UsageAt(15));
        Assert.False(oracle.Add(9, 1));
        Assert.True(oracle.Add(10, -5));
        Assert.Equal(7, oracle.Usage);
    }

    [Fact]
    public void A_new_window_holds_nothing()
    {
        var window = new MemberWindow(168);
        Assert.Equal((0L, 0L, 0L, 0), (window.Usage, window.UsageAt(5), window.UnitsIn(5), window.Count));
        Assert.Equal(long.MinValue, window.Newest);
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemberWindow(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ClassWindow(0));
    }

    [Fact]
    public void Looking_ahead_does_not_roll()
    {
        var window = new MemberWindow(3);
        window.Add(10, 5);
        window.Add(12, 7);
        Assert.Equal(7, window.UsageAt(13));
        Assert.Equal(0, window.UsageAt(15));
        Assert.Equal((12L, 12L), (window.Newest, window.Usage));
        window.Roll(13);
        Assert.Equal((13L, 7L, 0L), (window.Newest, window.Usage, window.UnitsIn(10)));
        window.Roll(11);
        Assert.Equal(13, window.Newest);
    }

    [Fact]
    public void What_has_left_the_window_is_ignored()
    {
        var window = new MemberWindow(3);
        window.Roll(12);
        Assert.True(window.Add(10, 5));
        Assert.False(window.Add(9, 5));
        Assert.False(window.Add(9, -5));
        Assert.Equal(5, window.Usage);
    }

    [Fact]
    public void A_call_that_throws_changes_nothing()
    {
        var window = new MemberWindow(3);
        window.Add(10, 5);
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Add(10, -6));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Add(11, -1));
        Assert.Throws<OverflowException>(() => window.Add(10, long.MaxValue));
        Assert.Throws<OverflowException>(() => window.Add(11, long.MaxValue - 4));
        Assert.Equal((10L, 5L), (window.Newest, window.Usage));
        Assert.Equal([new(10, 5)], window.Held);
        Assert.True(window.Add(13, long.MaxValue));
    }

    [Fact]
    public void A_cancelled_slice_is_not_held()
    {
        var window = new MemberWindow(3);
        window.Add(10, 5);
        window.Add(11, 5);
        window.Add(10, -5);
        window.Add(12, 0);
        Assert.Equal([new(11, 5)], window.Held);
        Assert.Equal(12, window.Newest);
    }

    [Fact]
    public void A_checkpoint_gives_the_window_back()
    {
        var window = new ClassWindow(4);
        for (long slice = 1; slice <= 6; slice += 2) window.Add(slice, slice);
        window.Roll(7);
        ClassWindow back = ClassWindow.Restore(4, window.Newest, [.. window.Held]);
        Assert.Equal((window.Newest, window.Usage), (back.Newest, back.Usage));
        Assert.Equal(window.Held, back.Held);
        Assert.Equal([new(5, 5)], MemberWindow.Restore(3, 7, [.. window.Held]).Held);
        Assert.Equal(0, MemberWindow.Restore(3, long.MinValue, []).Count);
    }

    [Theory]
    [InlineData(5, 1, 5, 1)]
    [InlineData(6, 1, 5, 1)]
    [InlineData(5, 1, 8, 1)]
    [InlineData(5, 0, 6, 1)]
    [InlineData(5, -1, 6, 1)]
    public void A_broken_checkpoint_is_refused(long first, long firstUnits, long second, long secondUnits) =>
        Assert.Throws<ArgumentException>(
            () => MemberWindow.Restore(4, 7, [new(first, firstUnits), new(second, secondUnits)]));

    /// <summary>Seen to fail with a new oldest slice counted from what the old one is counted from.</summary>
    [Fact]
    public void A_window_equals_the_oracle_after_every_step() =>
        Gen.Select(Gen.Int[1, 8], Gen.Select(Gen.Int[0, 3], Gen.Long[-12, 4], Gen.Long[0, 1000]).Array[0, 60]).Sample(
            (slices, steps) =>
            {
                var window = new MemberWindow(slices);
                var oracle = new WindowOracle(slices);
                long now = 0;
                foreach ((int kind, long shift, long units) in steps)
                {
                    long slice = now + shift;
                    if (kind == 0)
                    {
                        window.Roll(slice);
                        oracle.Roll(slice);
                    }
                    else
                    {
                        // A cancel of some of what the slice holds.
                        long change = kind == 1 ? -Math.Min(units, window.UnitsIn(slice)) : units;
                        Assert.Equal(oracle.Add(slice, change), window.Add(slice, change));
                    }

                    now = Math.Max(now, slice);
                    Assert.Equal((oracle.Newest, oracle.Usage), (window.Newest, window.Usage));
                    for (long at = window.Newest; at <= window.Newest + slices; at++) Assert.Equal(oracle.UsageAt(at), window.UsageAt(at));
                    for (long at = window.Newest - slices + 1; at <= window.Newest; at++) Assert.Equal(oracle.UnitsIn(at), window.UnitsIn(at));
                    long from = window.Newest, with = from;
                    while (oracle.UsageAt(with) > units) with++;
                    Assert.Equal(with, window.SliceWithAtMost(units, from));
                    Assert.Equal(window.Held, MemberWindow.Restore(slices, window.Newest, [.. window.Held]).Held);
                }
            },
            iter: 2000);
}
