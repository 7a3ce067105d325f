namespace CoopGrid.LoadTest.Cluster.Failover;

/// <summary>The co-op of a failover run: one class whose capacity is less than what is asked of it.</summary>
internal static class FailoverCharter
{
    public const string Coop = "failover";
    public const string Class = "relays";
    public const string MemberPrefix = "relay-";

    /// <summary>
    /// A fifth of a second's units as burst: with a whole second's, what is kept back for protected requests (a quarter) and used by turns
    /// moved two seconds' admissions by 10 % up and down, killed or not.
    /// </summary>
    /// <param name="unitsPerSecond">The capacity.</param>
    public static string Json(long unitsPerSecond) =>
        $$"""
        {
          "coop": "{{Coop}}",
          "classes": {
            "{{Class}}": { "capacity": { "unitsPerSecond": {{unitsPerSecond}}, "burstUnits": {{unitsPerSecond / 5}}, "maxRequestUnits": 1 },
                           "price": { "capPermille": 1000 },
                           "lanes": [ { "name": "standard", "priority": "standard" } ] }
          }
        }
        """;
}
