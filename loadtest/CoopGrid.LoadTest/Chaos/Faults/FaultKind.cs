using System.Text.Json.Serialization;

namespace CoopGrid.LoadTest.Chaos.Faults;

/// <summary>What is done to a cluster.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FaultKind>))]
internal enum FaultKind
{
    /// <summary>SIGKILL of a silo, and another one at its place later.</summary>
    Kill,

    /// <summary>SIGSTOP for longer than the others wait before they declare a silo dead, then SIGCONT; one that ends itself is replaced.</summary>
    Freeze,

    /// <summary>SIGSTOP for a moment, then SIGCONT.</summary>
    Pause,

    /// <summary>SIGTERM of a silo, and another one at its place once it has drained.</summary>
    Drain,

    /// <summary>SIGTERM of all silos, one after another, each replaced before the next.</summary>
    Roll,

    /// <summary>One silo more, which is drained later.</summary>
    Join,

    /// <summary>PostgreSQL shut down in order and started.</summary>
    DatabaseRestart,

    /// <summary>PostgreSQL shut down without a checkpoint, and started later.</summary>
    DatabaseCrash,

    /// <summary>SIGKILL of PostgreSQL's postmaster, and a start.</summary>
    DatabaseKill,

    /// <summary>The connections of a silo to the database break, and new ones too, for a while.</summary>
    CutDatabase,

    /// <summary>Nothing passes between a silo and the database for a while, and no connection breaks.</summary>
    SilenceDatabase,

    /// <summary>The connections between two silos break, and new ones too, for a while.</summary>
    CutSilos,

    /// <summary>Nothing passes between two silos for a while, and no connection breaks.</summary>
    SilenceSilos,

    /// <summary>The wall clock of a silo jumps by up to 5 s, forwards or back.</summary>
    StepClock,
}

/// <summary>One fault of a schedule.</summary>
/// <param name="AtMs">When, after the load's start.</param>
/// <param name="ForMs">For how long the silo, the server or the link is away; 0 where that has no meaning.</param>
/// <param name="Silo">The place it happens to; -1 = none.</param>
/// <param name="Other">The second silo of a link; -1 = none.</param>
/// <param name="StepMs">By how much a clock jumps.</param>
internal sealed record Fault(int AtMs, FaultKind Kind, int ForMs = 0, int Silo = -1, int Other = -1, int StepMs = 0)
{
    /// <summary>As it is told while it happens.</summary>
    public override string ToString()
    {
        string where = Silo < 0 ? "" : Other < 0 ? $" of silo {Silo}" : $" of silos {Silo} and {Other}";
        string length = ForMs == 0 ? "" : $" for {ForMs / 1000.0:F1} s";
        return $"{AtMs / 1000.0:F1}s {Kind}{where}{length}{(StepMs == 0 ? "" : $" by {StepMs / 1000.0:+0.0;-0.0} s")}";
    }
}
