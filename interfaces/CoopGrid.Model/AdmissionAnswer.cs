namespace CoopGrid.Model;

/// <summary>What one request was told (SPEC.md §4). Fields that an outcome does not use are 0 or empty.</summary>
[GenerateSerializer, Immutable, Alias("coopgrid.AdmissionAnswer")]
public sealed record AdmissionAnswer
{
    [Id(0)] public Outcome Outcome { get; init; }

    /// <summary>Whether the key was known: nothing was charged now.</summary>
    [Id(1)] public bool Replayed { get; init; }

    [Id(2)] public long Units { get; init; }

    /// <summary>The price factor of surged units, in per-mille.</summary>
    [Id(3)] public int MultiplierPermille { get; init; }

    [Id(4)] public Covered Covered { get; init; }

    /// <summary>When to try again, in ms from now; 0 = not known.</summary>
    [Id(5)] public long RetryAfterMs { get; init; }

    /// <summary>u after the request.</summary>
    [Id(6)] public long WindowUsageUnits { get; init; }

    /// <summary>What is left of the baseline after the request.</summary>
    [Id(7)] public long BaselineRemainingUnits { get; init; }

    [Id(8)] public int PolicyVersion { get; init; }

    /// <summary>For refusals: what was wrong and what to do.</summary>
    [Id(9)] public string Reason { get; init; } = "";

    /// <summary>
    /// No decision was made, because the account is with another activation now, or the request would have to wait elsewhere than it was asked: whoever
    /// asked asks the grain at once. Never told a caller.
    /// </summary>
    [Id(10)] public bool Moved { get; init; }

    /// <summary>Where relays reach the silo that holds the member, if it is another one than was asked; else empty. The asked silo adds it.</summary>
    [Id(11)] public string Home { get; init; } = "";

    /// <summary>With <see cref="Outcome.Deferred"/>: the ticket.</summary>
    [Id(100)] public string Ticket { get; init; } = "";

    /// <summary>With <see cref="Outcome.Deferred"/>: the start of the ticket's second, in Unix ms; else 0.</summary>
    [Id(101)] public long NotBeforeUnixMs { get; init; }

    public static AdmissionAnswer Refused(Outcome outcome, string reason) => new() { Outcome = outcome, Reason = reason };
}
