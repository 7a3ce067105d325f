using CoopGrid.Domain.Usage;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Usage;

/// <summary>The class as a fold of the producers' logs (L5); the numbers are ClassFold's rules.</summary>
public sealed class ClassFoldTests
{
    private const int Slices = 4;
    private const int Producers = 3;

    /// <summary>What one producer committed at one position.</summary>
    private sealed record Position(long Slice, long Units, long Members, long Mark);

    /// <summary>Rule 2: what begins at the watermark is applied, what ends at or before it is known, all else is a gap.</summary>
    [Theory]
    [InlineData(5, 7, FoldResult.Applied)]
    [InlineData(5, 6, FoldResult.Applied)]
    [InlineData(3, 5, FoldResult.Known)]
    [InlineData(0, 2, FoldResult.Known)]
    [InlineData(6, 7, FoldResult.Gap)]
    [InlineData(4, 6, FoldResult.Gap)]
    [InlineData(0, 9, FoldResult.Gap)]
    public void A_tick_is_applied_known_or_a_gap(long after, long through, FoldResult expected)
    {
        var fold = new ClassFold(Slices);
        fold.Apply(1, 0, 5, [new(10, 8, 2)], 9);
        Assert.Equal(expected, fold.Apply(1, after, through, [new(10, 100, 1)], 10));
        bool applied = expected == FoldResult.Applied;
        Assert.Equal((applied ? 108 : 8, applied ? 3 : 2), (fold.Window.Usage, fold.Members));
        Assert.Equal((applied ? through : 5, applied ? 10 : 9), (fold.WatermarkOf(1), fold.MarkOf(1)));
    }

    /// <summary>Rule 1: each producer has a watermark of its own.</summary>
    [Fact]
    public void Producers_do_not_know_of_each_other()
    {
        var fold = new ClassFold(Slices);
        Assert.Equal(FoldResult.Applied, fold.Apply(1, 0, 5, [new(10, 8, 1)], long.MinValue));
        Assert.Equal(FoldResult.Applied, fold.Apply(2, 0, 3, [new(10, 4, 0)], 12));
        Assert.Equal(12, fold.Window.Usage);
        Assert.Equal((long.MinValue, 12), (fold.MarkOf(1), fold.MarkOf(2)));
        fold.Drop(2);
        Assert.Equal((0, long.MinValue, 12), (fold.WatermarkOf(2), fold.MarkOf(2), fold.Window.Usage));
    }

    /// <summary>
    /// Rule 3: three producers' ticks are lost, repeated, re-ordered and cut anew, the fold is checkpointed and restored, and every gap is
    /// filled from the log. In the end S of every later window, N and the marks are those of a slow fold of the logs.
    /// Seen to fail with "known" not asked for, and with a gap applied.
    /// </summary>
    [Fact]
    public void However_ticks_come_the_fold_is_that_of_the_logs() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 40]).Sample(
            (seed, length) =>
            {
                var random = new Random(seed);
                List<Position>[] logs = [.. Enumerable.Range(0, Producers).Select(_ => Log(random, length))];
                ClassFold fold = new(Slices);
                for (int tick = 0; tick < length * 3; tick++)
                {
                    int producer = random.Next(Producers);
                    int after = random.Next(length), through = random.Next(after, length) + 1;
                    if (random.Next(2) == 0) after = (int)fold.WatermarkOf(producer + 1);
                    if (after >= through) continue;
                    Feed(fold, logs, producer, after, through);
                    if (random.Next(8) == 0) fold = Restored(fold);
                }

                for (int producer = 0; producer < Producers; producer++) Feed(fold, logs, producer, 0, length);
                Compare(fold, logs);
            },
            iter: 1000);

    /// <summary>
    /// Members that move between three producers: a log holds admissions, and cancels of what any log holds. However the producers' ticks
    /// interleave (each producer's in order) and wherever a checkpoint is taken, the fold equals the sum of the logs for every slice.
    /// Seen to fail with a window that refuses a slice below 0, as a member's does.
    /// </summary>
    [Fact]
    public void However_the_producers_interleave_cancels_across_them_add_up() =>
        Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[1, 60]).Sample(
            (seed, length) =>
            {
                var random = new Random(seed);
                List<Position>[] logs = [.. Enumerable.Range(0, Producers).Select(_ => new List<Position>())];
                Dictionary<long, long> all = [];
                for (int entry = 0; entry < length; entry++)
                {
                    long slice = 100 + random.Next(Slices);
                    long units = random.Next(3) > 0 ? random.Next(1, 50) : -random.NextInt64(all.GetValueOrDefault(slice) + 1);
                    all[slice] = all.GetValueOrDefault(slice) + units;
                    logs[random.Next(Producers)].Add(new(slice, units, 0, long.MinValue));
                }

                ClassFold fold = new(Slices);
                int[] heard = new int[Producers];
                while (Enumerable.Range(0, Producers).Where(p => heard[p] < logs[p].Count).ToArray() is { Length: > 0 } behind)
                {
                    int producer = behind[random.Next(behind.Length)];
                    int through = random.Next(heard[producer], logs[producer].Count) + 1;
                    Assert.Equal(FoldResult.Applied, Apply(fold, logs, producer, heard[producer], through));
                    heard[producer] = through;
                    if (random.Next(4) == 0) fold = Restored(fold);
                }

                foreach ((long slice, long units) in all) Assert.Equal(units, fold.Window.UnitsIn(slice));
                Compare(fold, logs);
            },
            iter: 2000);

    private static void Feed(ClassFold fold, List<Position>[] logs, int producer, int after, int through)
    {
        if (Apply(fold, logs, producer, after, through) != FoldResult.Gap) return;

        // The log is read from the watermark, position by position.
        for (int next = (int)fold.WatermarkOf(producer + 1); next < through; next++)
            Assert.Equal(FoldResult.Applied, Apply(fold, logs, producer, next, next + 1));
    }

    private static FoldResult Apply(ClassFold fold, List<Position>[] logs, int producer, int after, int through)
    {
        List<Position> positions = logs[producer][after..through];
        SliceChange[] changes =
            [.. positions.GroupBy(p => p.Slice).Select(slice => new SliceChange(slice.Key, slice.Sum(p => p.Units), slice.Sum(p => p.Members)))];
        return fold.Apply(producer + 1, after, through, changes, positions.Max(p => p.Mark));
    }

    private static ClassFold Restored(ClassFold fold) => fold.Window.Newest == long.MinValue
        ? fold
        : ClassFold.Restore(ClassWindow.Restore(Slices, fold.Window.Newest, [.. fold.Window.Held]), fold.Members, [.. fold.Producers()], []);

    private static void Compare(ClassFold fold, List<Position>[] logs)
    {
        Position[] all = [.. logs.SelectMany(log => log)];
        long last = all.Max(p => p.Slice);
        fold.Window.Roll(last);
        for (long slice = last; slice < last + Slices; slice++)
            Assert.Equal(all.Where(p => p.Slice <= slice && p.Slice > slice - Slices).Sum(p => p.Units), fold.Window.UsageAt(slice));
        Assert.Equal(all.Sum(p => p.Members), fold.Members);
        for (int producer = 0; producer < Producers; producer++)
            Assert.Equal((logs[producer].Count, logs[producer].Select(p => p.Mark).DefaultIfEmpty(long.MinValue).Max()), (fold.WatermarkOf(producer + 1), fold.MarkOf(producer + 1)));
    }

    // Slices never go back in a producer's log; what is taken back was there before.
    private static List<Position> Log(Random random, int length)
    {
        List<Position> log = [];
        long slice = 100;
        Dictionary<long, long> held = [];
        while (log.Count < length)
        {
            if (random.Next(6) == 0) slice++;
            long units = random.Next(4) == 0 ? -random.NextInt64(0, held.GetValueOrDefault(slice) + 1) : random.Next(0, 50);
            held[slice] = held.GetValueOrDefault(slice) + units;
            log.Add(new(slice, units, random.Next(-1, 3), random.Next(3) == 0 ? slice : long.MinValue));
        }

        return log;
    }
}
