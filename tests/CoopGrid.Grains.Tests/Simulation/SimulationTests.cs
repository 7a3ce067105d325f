using System.Globalization;
using Xunit;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>
/// Many silos, one database, one class; silos crash, freeze, are taken for dead and wake up, stop and join, statements are lost or late, messages
/// lost, repeated and re-ordered, grains are active twice, clocks are stepped. The code is the grid's own; the guards that it was seen to fail
/// without are in loadtest/results/simulation.md, and <see cref="PlantedBugTests"/> has four for good.
/// </summary>
[Collection(SimulationCollection.Name)]
public sealed class SimulationTests(ITestOutputHelper output)
{
    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable($"COOPGRID_SIMULATION_{name}") is { Length: > 0 } set ? int.Parse(set, CultureInfo.InvariantCulture) : otherwise;

    [Fact]
    public void No_unit_is_lost_doubled_or_over_admitted() => Expect(SimRunner.Run(from: 1, count: 1000, TimeSpan.FromSeconds(18)));

    [Fact]
    [Trait("Category", "Long")]
    public void Nor_in_many_more_histories() => Expect(SimRunner.Run(
        Setting("FROM", 100_000), Setting("HISTORIES", 1_000_000), TimeSpan.FromSeconds(Setting("SECONDS", 75))));

    [Fact]
    public void A_seed_is_one_history()
    {
        for (int seed = 1; seed <= 6; seed++)
        {
            SimResult first = SimHistory.Run(seed, SimPlan.Of(seed)), again = SimHistory.Run(seed, SimPlan.Of(seed), traced: true);
            Assert.Equal((first.Hash, first.Steps, first.Admissions), (again.Hash, again.Steps, again.Admissions));
            output.WriteLine($"{seed} {first.Hash:x16} {first.Steps}");
        }
    }

    /// <summary>
    /// The seed that is asked for: COOPGRID_SIMULATION_SEED. A seed means the same history as long as neither the grid's code nor the simulation
    /// draws, waits or asks otherwise; what a seed has found is kept as a test of its own.
    /// </summary>
    [Fact]
    public void A_seed_is_replayed()
    {
        int seed = Setting("SEED", 1110);
        SimResult result = SimHistory.Run(seed, SimPlan.Of(seed));
        Assert.True(result.Violations.Count == 0, result.Violations.Count == 0 ? "" : SimRunner.Explain(result));
    }

    private void Expect(SimTotals totals)
    {
        output.WriteLine(totals.ToString());
        Assert.NotEmpty(totals.Results);
        Assert.True(totals.Broken is null, totals.Broken is { } broken ? SimRunner.Explain(broken) : "");
    }
}
