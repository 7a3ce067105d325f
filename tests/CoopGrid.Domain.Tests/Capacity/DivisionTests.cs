using CoopGrid.Benchmarks.Division;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>
/// The simulation of <c>CoopGrid.Benchmarks division</c>, small: skew moves every few seconds, messages are late and lost, silos are killed or cut off,
/// sealed 5 to 10 s later, and others join. The run itself throws if any interval holds more than C·T + B, or the gates hold more than C and B.
/// Seen to fail: never over, with a class that is told of a seal before it holds, and with a shrink that counts before it is
/// confirmed; 95 %, with every change of demand followed at once, and with none followed before 800 ms.
/// </summary>
public class DivisionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Many_silos_are_never_over_and_use_what_there_is(int seed)
    {
        DivisionResult result = new DivisionRun(
            new()
            {
                Seed = seed,
                Silos = 40,
                Members = 20_000,
                Seconds = 20,
                Capacity = new(40_000, 8_000),
                HotSilos = 4,
                HotMovesMicros = 2_500_000,
                LossMicros = 3_000_000,
            },
            () => default).Play();
        Assert.InRange(result.UsedPermille, 950, 1000);
        Assert.InRange(result.LostSilos, 4, 7);
        Assert.InRange(result.Joins, 2, 7);
        Assert.Equal(20, result.Periods.Count);
    }
}
