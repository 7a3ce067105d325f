using CoopGrid.Domain.Usage;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

/// <summary>A class's window: what <see cref="MemberWindow"/> does too, and what only it does. The numbers are its properties.</summary>
public sealed class ClassWindowTests
{
    /// <summary>
    /// 1 and 2. Steps of every kind, slices below 0 and units up to 64 bits. Seen to fail with what only the kept windows hold counted in
    /// the usage, with a refusal below 0, and with a dropped slice left in the sums that bound it.
    /// </summary>
    [Fact]
    public void It_equals_the_oracle_after_every_step() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.OneOf(1, 2, 5, 24, 168), Gen.Int[0, 200], Gen.Bool).Sample(
            (seed, slices, steps, keeps) =>
            {
                var random = new Random(seed);
                var window = new ClassWindow(slices);
                var oracle = new WindowOracle(slices);
                long start = random.Next(1_000_000);
                if (keeps) window.KeepFor(oracle.KeptFor = start + random.Next(slices));
                window.Roll(start);
                oracle.Roll(start);
                for (int step = 0; step < steps; step++)
                {
                    long slice = oracle.Newest + random.Next(-slices - 1, random.Next(30) == 0 ? 3 * slices : 3);
                    if (random.Next(6) == 0)
                    {
                        window.Roll(slice);
                        oracle.Roll(slice);
                    }
                    else
                    {
                        Add(window, oracle, slice, Units(random));
                    }

                    if (keeps && random.Next(10) == 0) window.KeepFor(oracle.KeptFor = Math.Min(oracle.Newest, oracle.KeptFor + random.Next(slices)));
                    Compare(window, oracle, keeps ? Math.Min(oracle.Newest, oracle.KeptFor) : oracle.Newest, oracle.Newest + slices);
                    if (random.Next(20) == 0) window = ClassWindow.Restore(slices, window.Newest, [.. window.Held], oracle.KeptFor);
                }
            },
            iter: 500);

    /// <summary>2.</summary>
    [Fact]
    public void A_cancel_may_come_before_what_it_cancels()
    {
        var window = new ClassWindow(3);
        Assert.True(window.Add(10, -4));
        Assert.True(window.Add(11, 9));
        Assert.Equal((5L, -4L, -4L), (window.Usage, window.UsageAt(10), window.UnitsIn(10)));
        Assert.Equal([new(10, -4), new(11, 9)], window.Held);
        ClassWindow back = ClassWindow.Restore(3, 11, [.. window.Held]);
        Assert.True(back.Add(10, 6));
        Assert.Equal((11L, 2L), (back.Usage, back.UnitsIn(10)));
        Assert.True(back.Add(10, -2));
        Assert.Equal([new(11, 9)], back.Held);
        back.Add(12, -9);
        Assert.Equal((0L, -9L, 0L), (back.Usage, back.UsageAt(14), back.UsageAt(15)));
    }

    /// <summary>4. Seen to fail with the usage alone bounded: then a slice that leaves makes it overflow.</summary>
    [Fact]
    public void A_call_that_throws_changes_nothing_and_no_later_window_overflows()
    {
        var window = new ClassWindow(3);
        window.Add(10, -5);
        window.Add(11, long.MaxValue);
        Assert.Throws<OverflowException>(() => window.Add(11, 1));
        Assert.Throws<OverflowException>(() => window.Add(12, 1));
        Assert.Throws<OverflowException>(() => window.Add(10, long.MinValue));
        Assert.Equal((11L, long.MaxValue - 5), (window.Newest, window.Usage));
        Assert.Equal([new(10, -5), new(11, long.MaxValue)], window.Held);
        window.Roll(13);
        Assert.Equal(long.MaxValue, window.Usage);
        window.Roll(14);
        Assert.True(window.Add(14, long.MaxValue));
    }

    [Theory]
    [InlineData(5, 1, 5, 1)]
    [InlineData(6, 1, 5, -1)]
    [InlineData(5, 1, 8, 1)]
    [InlineData(5, 0, 6, 1)]
    public void A_broken_checkpoint_is_refused(long first, long firstUnits, long second, long secondUnits) =>
        Assert.Throws<ArgumentException>(() => ClassWindow.Restore(4, 7, [new(first, firstUnits), new(second, secondUnits)]));

    private static void Add(ClassWindow window, WindowOracle oracle, long slice, long units)
    {
        Int128 sum = (Int128)oracle.UnitsIn(slice) + units;
        Int128 above = Int128.Max(sum, 0), below = Int128.Min(sum, 0);
        foreach (SliceUnits other in oracle.Held.Where(held => held.Slice != slice))
        {
            above += Math.Max(other.Units, 0);
            below += Math.Min(other.Units, 0);
        }

        string before = Portrait(window);
        if (oracle.IsHeld(slice) && (above > long.MaxValue || below < long.MinValue))
        {
            Assert.Throws<OverflowException>(() => window.Add(slice, units));
            Assert.Equal(before, Portrait(window));
            return;
        }

        Assert.Equal(oracle.Add(slice, units), window.Add(slice, units));
    }

    private static void Compare(ClassWindow window, WindowOracle oracle, long first, long last)
    {
        Assert.Equal((oracle.Newest, oracle.Usage), (window.Newest, window.Usage));
        Assert.Equal(oracle.Held, window.Held);
        Assert.Equal(window.Held.Count, window.Count);
        for (long slice = first; slice <= last; slice += Math.Max(1, (last - first) / 8)) Assert.Equal(oracle.UsageAt(slice), window.UsageAt(slice));
        foreach (SliceUnits slice in window.Held) Assert.Equal(slice.Units, window.UnitsIn(slice.Slice));
    }

    private static string Portrait(ClassWindow window) => $"{window.Newest} {window.Usage} {string.Join(' ', window.Held)}";

    /// <summary>Of either sign, any number of bits as often as any other.</summary>
    private static long Units(Random random) => (random.NextInt64() >> random.Next(63)) * (random.Next(3) == 0 ? -1 : 1);
}
