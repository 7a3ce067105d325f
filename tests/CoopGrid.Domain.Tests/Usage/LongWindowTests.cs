using CoopGrid.Domain.Usage;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

/// <summary>Long windows with all that is rare in them: gaps, cancels and reports from far back, units and distances up to 64 bits.</summary>
public sealed class LongWindowTests
{
    /// <summary>
    /// Steps of every kind, wild ones too; what must throw does, and changes nothing. Seen to fail with the distance of the slice after a
    /// new one left as it was, with bytes behind a shorter record not cleared, and with a window that rolls before it throws.
    /// </summary>
    [Fact]
    public void A_long_window_equals_the_oracle_after_every_step() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.OneOf(1, 2, 24, 168, 1000), Gen.Int[0, 250]).Sample(
            (seed, slices, steps) =>
            {
                var random = new Random(seed);
                var window = new MemberWindow(slices);
                var oracle = new WindowOracle(slices);
                long start = random.Next(4) == 0 ? long.MinValue + 1 + random.Next(3 * slices) : random.Next(1_000_000);
                window.Roll(start);
                oracle.Roll(start);
                for (int step = 0; step < steps; step++)
                {
                    Step(random, slices, window, oracle);
                    Compare(random, slices, window, oracle);
                    if (random.Next(20) == 0) window = MemberWindow.Restore(slices, window.Newest, [.. window.Held]);
                }
            },
            iter: 500);

    private static void Step(Random random, int slices, MemberWindow window, WindowOracle oracle)
    {
        SliceUnits[] held = [.. oracle.Held];
        SliceUnits some = held.Length > 0 ? held[random.Next(held.Length)] : new(oracle.Newest, 0);
        switch (random.Next(12))
        {
            case 0:
                long roll = Later(oracle.Newest, random.Next(3));
                window.Roll(roll);
                oracle.Roll(roll);
                break;
            case 1 or 2:
                Add(window, oracle, some.Slice, -random.NextInt64(some.Units + 1));
                break;
            case 3:
                Add(window, oracle, some.Slice, -some.Units);
                break;
            case 4:
                Add(window, oracle, some.Slice, -some.Units - 1);
                break;
            case 5:
                Add(window, oracle, Later(oracle.Newest, -random.Next(slices + 2)), Units(random));
                break;
            case 6:
                Add(window, oracle, Next(random, slices, oracle.Newest), Units(random));
                break;
            case 7:
                Add(window, oracle, some.Slice, Units(random));
                break;
            case 8:
                Add(window, oracle, oracle.Newest, Units(random));
                break;
            default:
                Add(window, oracle, Later(oracle.Newest, 1), random.Next(1, 1000));
                break;
        }
    }

    private static void Add(MemberWindow window, WindowOracle oracle, long slice, long units)
    {
        Int128 sum = oracle.IsHeld(slice) ? (Int128)oracle.UnitsIn(slice) + units : 0;
        Int128 usage = (Int128)oracle.UsageAt(Math.Max(slice, oracle.Newest)) + (oracle.IsInWindow(slice) ? units : 0);
        string before = Portrait(window);
        if (sum < 0) Assert.Throws<ArgumentOutOfRangeException>(() => window.Add(slice, units));
        else if (sum > long.MaxValue || usage > long.MaxValue) Assert.Throws<OverflowException>(() => window.Add(slice, units));
        else
        {
            Assert.Equal(oracle.Add(slice, units), window.Add(slice, units));
            return;
        }

        Assert.Equal(before, Portrait(window));
    }

    private static void Compare(Random random, int slices, MemberWindow window, WindowOracle oracle)
    {
        SliceUnits[] held = [.. oracle.Held];
        Assert.Equal((oracle.Newest, oracle.Usage, held.Length), (window.Newest, window.Usage, window.Count));
        Assert.Equal(held, window.Held);
        for (int i = 0; i < 5; i++)
        {
            long ahead = Later(oracle.Newest, random.Next((2 * slices) + 2));
            Assert.Equal(oracle.UsageAt(ahead), window.UsageAt(ahead));
        }

        foreach (SliceUnits slice in held) Assert.Equal(slice.Units, window.UnitsIn(slice.Slice));
    }

    private static string Portrait(MemberWindow window) => $"{window.Newest} {window.Usage} {string.Join(' ', window.Held)}";

    // Mostly after a gap; now and then all windows are left far behind.
    private static long Next(Random random, int slices, long newest) =>
        random.Next(50) == 0 && newest < long.MaxValue ? random.NextInt64(newest, long.MaxValue) : Later(newest, random.Next((slices / 4) + 2));

    /// <summary>Any number of bits as often as any other.</summary>
    private static long Units(Random random) => random.NextInt64() >> random.Next(63);

    private static long Later(long slice, long by) => (long)Int128.Clamp((Int128)slice + by, long.MinValue + 1, long.MaxValue);
}
