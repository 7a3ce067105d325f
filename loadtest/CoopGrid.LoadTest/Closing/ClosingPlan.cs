namespace CoopGrid.LoadTest.Closing;

/// <summary>What a run of <c>closing</c> does.</summary>
internal sealed record ClosingPlan
{
    public const string Coop = "closing";
    public const string Class = "people";

    /// <summary>Members of the class; each is admitted once in the epoch that is closed.</summary>
    public required int Members { get; init; }

    /// <summary>The first of them, who go on sending while the epoch closes.</summary>
    public required int Active { get; init; }

    /// <summary>Admissions a second that those send, by single calls.</summary>
    public required double PerSecond { get; init; }

    /// <summary>The epoch's length: all members are enrolled and admitted within it.</summary>
    public required TimeSpan Epoch { get; init; }

    /// <summary>For how long latency is measured before the closing.</summary>
    public required TimeSpan Quiet { get; init; }

    /// <summary>The longest that the closing may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The charter: a closing begins ten minutes after its epoch's end, which is the shortest dedupe window.</summary>
    public string Charter =>
        $$"""
        {
          "coop": "{{Coop}}",
          "classes": {
            "{{Class}}": {
              "window": { "sliceMs": 1000, "slices": 600, "epoch": { "kind": "fixed", "fixedMs": {{(long)Epoch.TotalMilliseconds}} } },
              "tariff": { "fixedFee": 2000000, "rate": 20, "baselineUnits": 500 },
              "capacity": { "unitsPerSecond": 10000000, "burstUnits": 20000000, "maxRequestUnits": 1000 }
            }
          }
        }
        """;
}
