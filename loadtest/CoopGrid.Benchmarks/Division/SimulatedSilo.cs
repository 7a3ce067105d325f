namespace CoopGrid.Benchmarks.Division;

/// <summary>What has become of a silo.</summary>
internal enum SiloLife
{
    /// <summary>It decides, and talks to its class.</summary>
    Alive,

    /// <summary>It decides, and nothing that it sends arrives.</summary>
    CutOff,

    /// <summary>It does nothing any more; its lease is not free yet.</summary>
    Dead,
}

/// <summary>A silo: its gate, its members, its life.</summary>
internal sealed class SimulatedSilo(SimulatedGate gate)
{
    public SimulatedGate Gate => gate;

    public List<int> Members { get; } = [];

    public SiloLife Life { get; set; }

    /// <summary>Units that it admitted in the running period while it was cut off.</summary>
    public long AdmittedCutOff { get; set; }
}
