using CoopGrid.LoadTest.Cluster;
using CoopGrid.LoadTest.Commands;
using CoopGrid.LoadTest.Results;

namespace CoopGrid.LoadTest.Tests.Cluster;

public sealed class ClusterResultTests
{
    [Fact]
    public void Costs_are_medians_and_the_ratio_is_that_of_the_rounds()
    {
        // The machine is five times slower in the last round, for both.
        ClusterResult result = Result(
            Side(2, 100, 30, 10), Side(1, 200, 18, 2), Side(2, 120, 34, 10), Side(1, 220, 14, 2), Side(2, 40, 210, 10), Side(1, 80, 98, 2));
        Assert.Equal([new ClusterCost(1, 20, 200, 1), new ClusterCost(2, 44, 100, 2.2)], result.Costs);
    }

    [Theory]
    [InlineData("1,2,4")]
    [InlineData(" 1, 2 ,4,")]
    public void Sizes_are_read_from_a_list(string list) => Assert.Equal([1, 2, 4], ClusterCommand.Sizes(list));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("1,two")]
    [InlineData("-1")]
    public void What_is_no_list_of_sizes_is_refused(string list) =>
        Assert.Contains("--compare", Assert.Throws<ArgumentException>(() => ClusterCommand.Sizes(list)).Message, StringComparison.Ordinal);

    private static ClusterSide Side(int silos, double rate, double silo, double postgres) =>
        new(silos, rate, 1, 1, 0, 0, new Dictionary<string, long>(), new LatencyMs(0, 0, 0, 0, 0, 0), [silo], postgres);

    private static ClusterResult Result(params ClusterSide[] runs) => new()
    {
        Command = "",
        StartedAt = "",
        Machine = Machine.Here,
        Members = 1,
        AtHome = false,
        InFlight = 1,
        Batch = 1,
        SecondsEach = 1,
        Runs = runs,
    };
}
