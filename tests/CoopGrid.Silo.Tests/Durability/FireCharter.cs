using CoopGrid.Silo.Tests.Processes;

namespace CoopGrid.Silo.Tests.Durability;

/// <summary>
/// The co-op that is killed: <c>people</c> with room for all and a price that moves, <c>firms</c> with one-second slices who are
/// refused for quota and capacity now and then, <c>homes</c> with meters. No window ends within a test, so that a member's window
/// and its total agree.
/// </summary>
internal static class FireCharter
{
    private const string People = """
        "people": {
          "tariff": { "baselineUnits": 500, "rate": 20 },
          "capacity": { "unitsPerSecond": 100000, "burstUnits": 200000, "maxRequestUnits": 400 },
          "lanes": [
            { "name": "critical", "priority": "critical", "guaranteedPermille": 100, "needsEntitlement": true, "surgeExempt": true },
            { "name": "standard", "priority": "standard" },
            { "name": "bulk", "priority": "bulk", "longestWaitMs": 500 } ],
          "price": { "targetPermille": 10, "doublingPeriods": 2, "capPermille": 5000 },
          "weights": [ { "dimension": "messages", "units": 1, "per": 1 }, { "dimension": "bytes", "units": 1, "per": 1000 } ] }
        """;

    private const string Firms = """
        "firms": {
          "window": { "sliceMs": 1000, "slices": 10000, "epoch": { "kind": "fixed", "fixedMs": 10000000 } },
          "capacity": { "unitsPerSecond": 400, "burstUnits": 2000, "maxRequestUnits": 100 },
          "lanes": [ { "name": "standard", "priority": "standard", "longestWaitMs": 20 }, { "name": "bulk", "priority": "bulk" } ],
          "quota": { "unitsPerSecond": 100, "burstUnits": 200 } }
        """;

    private const string Homes = """
        "homes": {
          "entry": "metered",
          "window": { "sliceMs": 1000, "slices": 10000, "graceMs": 30000, "epoch": { "kind": "fixed", "fixedMs": 10000000 } },
          "tariff": { "baselineUnits": 2000 },
          "capacity": { "unitsPerSecond": 60000, "burstUnits": 2000000, "maxRequestUnits": 100000 } }
        """;

    public static string[] PeopleNames { get; } = [.. Enumerable.Range(0, 40).Select(i => $"person {i}")];

    public static string[] FirmNames { get; } = [.. Enumerable.Range(0, 8).Select(i => $"firm {i}")];

    public static string[] HomeNames { get; } = [.. Enumerable.Range(0, 4).Select(i => $"home {i}")];

    /// <summary>Every person may use the critical lane.</summary>
    public static string Json { get; } = Charters.Of(
        [People, Firms, Homes],
        [
            .. PeopleNames.Select(name => Charters.Member(name, "people", "critical")),
            .. FirmNames.Select(name => Charters.Member(name, "firms")),
            .. HomeNames.Select(name => Charters.Member(name, "homes")),
        ]);
}
