namespace CoopGrid.LoadTest.Cluster;

/// <summary>The co-op of a cluster's load: one class with room for all that can be asked on one machine.</summary>
internal static class ClusterCharter
{
    public const string Coop = "cluster";
    public const string Class = "people";
    public const string MemberPrefix = "load-";

    public const string Json =
        $$"""
        {
          "coop": "{{Coop}}",
          "classes": {
            "{{Class}}": { "capacity": { "unitsPerSecond": 10000000, "burstUnits": 20000000, "maxRequestUnits": 1000 } }
          }
        }
        """;
}
