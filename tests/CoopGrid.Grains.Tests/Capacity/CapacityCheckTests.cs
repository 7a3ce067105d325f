using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Capacity;

/// <summary>The check of the never-over-capacity test, against looking at all windows one by one.</summary>
public sealed class CapacityCheckTests
{
    [Fact]
    public void The_running_minimum_finds_what_looking_at_all_windows_finds()
    {
        var random = new Random(7);
        for (int round = 0; round < 300; round++)
        {
            Admitted[] run = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => At(random.Next(0, 20) * 100_000, random.Next(1, 9)))];
            Assert.Equal(AllWindows([.. run.OrderBy(entry => entry.At)], 13), CapacityCheck.WorstExcess(run, 13));
        }
    }

    private static long AllWindows(Admitted[] run, long unitsPerSecond)
    {
        long worst = 0;
        for (int i = 0; i < run.Length; i++)
        {
            for (int j = i; j < run.Length; j++)
            {
                long units = run[i..(j + 1)].Sum(entry => entry.Units);
                long micros = run[j].At.UnixMicroseconds - run[i].At.UnixMicroseconds;
                worst = Math.Max(worst, (units * 1_000_000) - (micros * unitsPerSecond));
            }
        }

        return worst;
    }

    private static Admitted At(long micros, long units) =>
        new(1, new Instant(micros), 0, 1, "k", 0, "standard", 1000, new Covered(0, 0, 0, 0, units), 0, 0, 0, "");
}
