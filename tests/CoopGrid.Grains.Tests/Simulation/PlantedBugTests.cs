using Xunit;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>A bug is put in behind the ports, and the judge finds it: so it would find one that nobody has put in.</summary>
[Collection(SimulationCollection.Name)]
public sealed class PlantedBugTests(ITestOutputHelper output)
{
    private const int Most = 400;

    [Fact]
    public void A_sealed_producer_that_commits_is_found() => Finds(Planted.SealedCommits, "L2", SimPlan.Of);

    [Fact]
    public void A_loser_of_a_claim_that_decides_is_found() => Finds(Planted.LoserDecides, "L4", SimPlan.Of);

    [Fact]
    public void A_tick_that_counts_twice_is_found() => Finds(Planted.TickCountsTwice, "L5", SimPlan.Of);

    [Fact]
    public void A_lease_that_a_new_activation_forgets_is_found() => Finds(Planted.LeasesForgotten, "C1", SimPlan.Of);

    private void Finds(Planted planted, string rule, Func<int, SimPlan> planOf)
    {
        for (int seed = 1; seed <= Most; seed++)
        {
            SimResult result = SimHistory.Run(seed, planOf(seed) with { Planted = planted });
            if (!result.Breaks(rule)) continue;
            output.WriteLine($"{result}");

            // Without it the same seed keeps every promise.
            SimResult well = SimHistory.Run(seed, planOf(seed));
            Assert.True(well.Violations.Count == 0, well.ToString());
            return;
        }

        Assert.Fail($"{planted} broke {rule} in none of {Most} histories.");
    }
}
