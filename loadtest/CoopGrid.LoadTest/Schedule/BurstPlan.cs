namespace CoopGrid.LoadTest.Schedule;

/// <summary>How a flash crowd comes and goes.</summary>
internal enum CrowdShape
{
    /// <summary>Full height at once, and gone at once.</summary>
    Square,

    /// <summary>Up in a straight line to full height at the middle, and down again.</summary>
    Ramp,

    /// <summary>Full height at once, then dying away (by e⁵ at its end).</summary>
    Spike,
}

/// <summary>What <c>burst</c> plays.</summary>
internal sealed record BurstPlan
{
    /// <summary>Members, hogs included; the crowd's and the critical ones come on top.</summary>
    public int Members { get; init; } = 1000;

    /// <summary>Requests per second of all steady members together.</summary>
    public double Rate { get; init; } = 500;

    public double Seconds { get; init; } = 30;

    /// <summary>Units of each request.</summary>
    public long Units { get; init; } = 1;

    public ArrivalKind Kind { get; init; } = ArrivalKind.Poisson;

    /// <summary>The crowd's highest rate as a multiple of <see cref="Rate"/>; 0 = no crowd.</summary>
    public double CrowdHeight { get; init; } = 3;

    public CrowdShape CrowdShape { get; init; } = CrowdShape.Square;

    public int CrowdMembers { get; init; } = 500;

    /// <summary>When the crowd comes, in seconds from the start.</summary>
    public double CrowdAt { get; init; } = 10;

    public double CrowdSeconds { get; init; } = 10;

    /// <summary>How many of the members are hogs.</summary>
    public int Hogs { get; init; } = 50;

    /// <summary>One hog's rate as a multiple of one steady member's.</summary>
    public double HogFactor { get; init; } = 100;

    /// <summary>Requests per second in the critical lane.</summary>
    public double CriticalRate { get; init; } = 5;

    public int CriticalMembers { get; init; } = 5;

    /// <summary>The lane of all but the critical trickle.</summary>
    public string Lane { get; init; } = "";

    public string CriticalLane { get; init; } = "critical";

    public string Prefix { get; init; } = "m-";

    public ulong Seed { get; init; } = 1;

    public Workload Build()
    {
        int steady = Members - Hogs;
        if (steady < 1) throw new ArgumentException("There must be more members than hogs.");
        var troupe = new Troupe(Prefix, Kind, Units, Lane, CriticalLane, Seed);
        double each = Rate / steady;
        troupe.Add("steady", steady, Seconds, _ => Rate);
        troupe.Add("crowd", CrowdMembers, Seconds, t => Rate * CrowdHeight * Shape(CrowdShape, (t - CrowdAt) / CrowdSeconds));
        troupe.Add("hogs", Hogs, Seconds, _ => each * HogFactor * Hogs);
        troupe.Add("critical", CriticalMembers, Seconds, _ => CriticalRate);
        return troupe.Build();
    }

    /// <summary>The crowd's height, 0 to 1, at a part of its time.</summary>
    public static double Shape(CrowdShape shape, double part) => part is < 0 or >= 1 ? 0 : shape switch
    {
        CrowdShape.Ramp => 1 - Math.Abs((2 * part) - 1),
        CrowdShape.Spike => Math.Exp(-5 * part),
        _ => 1,
    };
}
