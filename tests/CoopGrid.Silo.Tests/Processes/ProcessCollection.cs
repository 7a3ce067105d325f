using Xunit;

namespace CoopGrid.Silo.Tests.Processes;

/// <summary>Tests that start silos go one after another: each has the machine to itself.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessCollection
{
    public const string Name = "processes";
}
