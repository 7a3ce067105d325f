using Xunit;

namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>The simulation uses all cores: it runs when the other tests, some of which wait for silos, are done.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SimulationCollection
{
    public const string Name = "simulation";
}
