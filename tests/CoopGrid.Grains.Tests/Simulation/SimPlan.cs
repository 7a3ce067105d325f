namespace CoopGrid.Grains.Tests.Simulation;

/// <summary>What may go wrong in a history.</summary>
[Flags]
internal enum Faults
{
    None = 0,
    Crash = 1,

    /// <summary>A silo stands still past its being declared dead, and wakes up again.</summary>
    Freeze = 2,

    /// <summary>A silo that is well is declared dead.</summary>
    WrongDeath = 4,

    /// <summary>A silo stops in order.</summary>
    Drain = 8,
    Join = 16,

    /// <summary>Statements are lost before or after their effect, or arrive very late.</summary>
    Store = 32,

    /// <summary>The database is gone for a while.</summary>
    Outage = 64,

    /// <summary>Calls, exchanges and ticks are lost, ticks repeated and late.</summary>
    Network = 128,

    /// <summary>Two activations of one grain, activations that move.</summary>
    Directory = 256,

    /// <summary>Wall clocks are stepped.</summary>
    Clock = 512,

    /// <summary>Threads, statements and messages are held up.</summary>
    Slow = 1024,
    All = 2047,
}

/// <summary>A bug that is put in, so that the judge is seen to find it.</summary>
internal enum Planted
{
    None,

    /// <summary>L2: the store lets a sealed producer commit.</summary>
    SealedCommits,

    /// <summary>L4: whoever asks for a claim believes that it holds it.</summary>
    LoserDecides,

    /// <summary>L5: a tick that is repeated looks like the next one.</summary>
    TickCountsTwice,

    /// <summary>C1: the lease of a gate that is silent for a while is given to others, though its producer is not sealed.</summary>
    LeaseEndsByTime,
}

/// <summary>One history's kind: how big, and what goes wrong. What exactly happens is the seed's.</summary>
internal sealed record SimPlan
{
    public Faults Faults { get; init; } = Faults.All;

    public Planted Planted { get; init; }

    public int Silos { get; init; } = 3;

    public int Members { get; init; } = 5;

    public int Requests { get; init; } = 60;

    /// <summary>For how long callers begin requests, in ms.</summary>
    public int LoadMs { get; init; } = 3000;

    /// <summary>How many silos' troubles there are while the load lasts.</summary>
    public int Troubles { get; init; } = 4;

    /// <summary>How many silos in a thousand that stand still for long are declared dead meanwhile.</summary>
    public int DeclaredPermille { get; init; } = 700;

    /// <summary>How many statements in a thousand fail.</summary>
    public int StorePermille { get; init; } = 15;

    /// <summary>How many statements, messages and calls in a thousand are slow.</summary>
    public int SlowPermille { get; init; } = 10;

    /// <summary>How many calls in a thousand the directory sends elsewhere.</summary>
    public int AstrayPermille { get; init; } = 10;

    /// <summary>C.</summary>
    public long UnitsPerSecond { get; init; } = 100;

    /// <summary>B.</summary>
    public long BurstUnits { get; init; } = 60;

    public bool Has(Faults fault) => (Faults & fault) != 0;

    /// <summary>A plan that a seed draws: sizes differ from history to history.</summary>
    public static SimPlan Of(int seed)
    {
        var random = new Random(unchecked(seed * 31) ^ 0x5eed);
        bool isRush = random.Next(4) == 0;
        SimPlan plan = new()
        {
            Silos = random.Next(2, 5),
            Members = random.Next(2, 8),
            Requests = isRush ? random.Next(100, 200) : random.Next(20, 70),
            LoadMs = random.Next(1500, 4000),
            Troubles = random.Next(1, 7),
            StorePermille = random.Next(4) == 0 ? 60 : 10,
            SlowPermille = random.Next(4) == 0 ? 100 : 10,
            AstrayPermille = random.Next(4) == 0 ? 80 : 10,
            UnitsPerSecond = random.Next(2) == 0 ? 60 : 400,
            BurstUnits = random.Next(2) == 0 ? 20 : 100,
        };

        // Now and then a long one: what went wrong early meets what goes wrong late.
        return random.Next(8) == 0
            ? plan with { LoadMs = random.Next(5000, 10_000), Troubles = random.Next(8, 18), Requests = random.Next(120, 250) }
            : plan;
    }
}
