namespace CoopGrid.LoadTest.Cluster.Failover;

/// <summary>The co-op of a failover run: one class whose capacity is less than what is asked of it.</summary>
internal static class FailoverCharter
{
    public const string Coop = "failover";
    public const string Class = "relays";
    public const string MemberPrefix = "relay-";

    /// <param name="unitsPerSecond">The capacity.</param>
    public static string Json(long unitsPerSecond) =>
        $$"""
        {
          "coop": "{{Coop}}",
          "classes": {
            "{{Class}}": { "capacity": { "unitsPerSecond": {{unitsPerSecond}}, "burstUnits": {{unitsPerSecond}}, "maxRequestUnits": 1 },
                           "price": { "capPermille": 1000 },
                           "lanes": [ { "name": "standard", "priority": "standard" } ] }
          }
        }
        """;
}
