using CoopGrid.Domain.Usage;
using Xunit;

namespace CoopGrid.Grains.Tests.Attacks;

/// <summary>The published S of a closed slice: it is read when newer slices have begun already.</summary>
public sealed class KeptWindowTests
{
    [Fact]
    public void A_slice_that_is_closed_late_has_all_of_its_window()
    {
        var window = new ClassWindow(3);
        window.KeepFor(12);
        for (long slice = 10; slice <= 15; slice++) window.Add(slice, 1);

        // Seen to be 0, 1, 2 and 3 while a window dropped what had left it.
        Assert.Equal([3, 3, 3, 3], new long[] { 12, 13, 14, 15 }.Select(window.UsageAt));
        window.KeepFor(15);
        Assert.Equal([13L, 14, 15], window.Held.Select(held => held.Slice));
    }

    [Fact]
    public void What_is_kept_changes_nothing_in_the_newest_window()
    {
        var random = new Random(20261122);
        for (int run = 0; run < 200; run++)
        {
            var plain = new ClassWindow(4);
            var kept = new ClassWindow(4);
            Dictionary<long, long> all = [];
            long open = 100;
            kept.KeepFor(open);
            plain.Roll(97);
            kept.Roll(97);
            for (int step = 0; step < 60; step++)
            {
                long slice = 97 + random.Next((step / 3) + 4);
                long units = random.Next(4) == 0 && all.GetValueOrDefault(slice) > 0 ? -1 : random.Next(1, 5);
                if (slice <= plain.Newest - 4) continue;
                Assert.True(plain.Add(slice, units) && kept.Add(slice, units));
                all[slice] = all.GetValueOrDefault(slice) + units;
                if (random.Next(8) == 0) plain.Roll(plain.Newest + 1);
                kept.Roll(plain.Newest);
                if (random.Next(6) == 0) kept.KeepFor(open = Math.Min(open + random.Next(3), kept.Newest));
                kept = ClassWindow.Restore(4, kept.Newest, kept.Held.ToArray(), open);

                Assert.Equal(plain.Usage, kept.Usage);
                for (long at = open; at <= kept.Newest + 2; at++)
                    Assert.Equal(all.Where(held => held.Key > at - 4 && held.Key <= at).Sum(held => held.Value), kept.UsageAt(at));
            }
        }
    }
}
