namespace CoopGrid.Silo.Tests.Processes;

/// <summary>Charters made for tests.</summary>
internal static class Charters
{
    /// <summary>The co-op of every charter here.</summary>
    public const string Coop = "test";

    /// <summary>A charter of these classes and members, each a piece of JSON.</summary>
    public static string Of(IEnumerable<string> classes, IEnumerable<string> members) =>
        $$"""{ "coop": "{{Coop}}", "classes": { {{string.Join(",\n", classes)}} }, "members": [ {{string.Join(",\n", members)}} ] }""";

    public static string Member(string name, string @class, params string[] entitlements)
    {
        string lanes = string.Join(", ", entitlements.Select(lane => $"\"{lane}\""));
        return $$"""{ "name": "{{name}}", "class": "{{@class}}", "entitlements": [{{lanes}}], "senders": ["at {{name}}"] }""";
    }
}
