using System.Text.Json;
using CoopGrid.Client;

namespace CoopGrid.LoadTest.Checking;

/// <summary>What a run needs to know of a class's policy; what the JSON leaves out is as in the protocol's defaults.</summary>
/// <param name="QuotaUnitsPerSecond">A member's own rate; 0 = no limit.</param>
/// <param name="Rate">Micro-credits per unit, of overage and surcharge.</param>
/// <param name="TicketHorizonMs">How far ahead tickets are given; 0 = none are.</param>
/// <param name="CriticalLane">The first lane of critical priority, or null.</param>
/// <param name="Entitled">Lanes that need an entitlement.</param>
internal sealed record PolicyFacts(
    bool Metered, long SliceMs, int Slices, long GraceMs, long MaxRequestUnits, long QuotaUnitsPerSecond,
    long Rate, long TicketHorizonMs, string? CriticalLane, IReadOnlyList<string> Entitled)
{
    public static async Task<PolicyFacts> ReadAsync(CoopGridClient client, string coop, string name, CancellationToken stop = default) =>
        Parse((await client.Classes.GetPolicyAsync(coop, name, stop)).PolicyJson);

    public static PolicyFacts Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        JsonElement policy = document.RootElement;
        JsonElement window = Part(policy, "window"), capacity = Part(policy, "capacity"), lanes = Part(policy, "lanes");
        string? critical = "critical";
        var entitled = new List<string> { "critical" };
        if (lanes.ValueKind == JsonValueKind.Array)
        {
            critical = null;
            entitled.Clear();
            foreach (JsonElement lane in lanes.EnumerateArray())
            {
                string name = Part(lane, "name").ToString();
                if (Part(lane, "needsEntitlement").ValueKind == JsonValueKind.True) entitled.Add(name);
                if (Is(lane, "priority", "critical", ifMissing: false)) critical ??= name;
            }
        }

        return new(
            Is(policy, "entry", "metered", ifMissing: false), Number(window, "sliceMs", 3_600_000), (int)Number(window, "slices", 168),
            Number(window, "graceMs", 0), Number(capacity, "maxRequestUnits", 1),
            Number(Part(policy, "quota"), "unitsPerSecond", 0), Number(Part(policy, "tariff"), "rate", 0),
            Number(Part(policy, "deferral"), "horizonMs", 0), critical, entitled);
    }

    private static JsonElement Part(JsonElement parent, string name)
    {
        if (parent.ValueKind != JsonValueKind.Object) return default;
        foreach (JsonProperty property in parent.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return property.Value;
        }

        return default;
    }

    private static long Number(JsonElement parent, string name, long ifMissing) =>
        Part(parent, name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : ifMissing;

    /// <summary>Whether an enum has a value, written as its name. As numbers, critical is 0 and metered is 1.</summary>
    private static bool Is(JsonElement parent, string name, string value, bool ifMissing) => Part(parent, name) switch
    {
        { ValueKind: JsonValueKind.String } text => value.Equals(text.GetString(), StringComparison.OrdinalIgnoreCase),
        { ValueKind: JsonValueKind.Number } number => number.GetInt32() == (value == "critical" ? 0 : 1),
        _ => ifMissing,
    };
}
