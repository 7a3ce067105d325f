using System.Collections.Immutable;
using System.Text.Json;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// The difference of two policies, versions aside. Policies hold lists, so their own equality goes by reference: compare them here.
/// </summary>
public static class PolicyChange
{
    // What the bill's formula uses (SPEC.md §11), the commons' share of its revenue, and how usage enters: none may change within an epoch.
    private static readonly ImmutableArray<string> EpochFields =
        ["entry", "tariff.", "weights", "window.sliceMs", "window.slices", "window.epoch."];

    /// <summary>Every field that differs, in the order of the old policy's text, then what is new.</summary>
    public static ImmutableArray<FieldChange> Between(ClassPolicy old, ClassPolicy next) => Between(PolicyJson.Write(old), PolicyJson.Write(next));

    /// <summary>Every governance number that differs.</summary>
    public static ImmutableArray<FieldChange> Between(GovernancePolicy old, GovernancePolicy next) =>
        Between(GovernanceJson.Write(old), GovernanceJson.Write(next));

    private static ImmutableArray<FieldChange> Between(string old, string next)
    {
        Dictionary<string, string> before = Fields(old);
        Dictionary<string, string> after = Fields(next);
        return
        [
            .. before.Keys.Union(after.Keys)
                .Select(path => new FieldChange(path, before.GetValueOrDefault(path), after.GetValueOrDefault(path)))
                .Where(change => change.Old != change.New),
        ];
    }

    /// <summary>Whether the policies say the same, versions aside.</summary>
    public static bool AreEqual(ClassPolicy a, ClassPolicy b) => PolicyJson.Write(a) == PolicyJson.Write(b);

    /// <summary>
    /// Whether the change can only begin with an epoch: it touches what the bill's formula uses (fixed fee, rate, comfort, mean basis,
    /// baseline, weights, slice, window, epoch) or how usage enters. Everything else begins at the next slice.
    /// </summary>
    public static bool NeedsNewEpoch(ClassPolicy old, ClassPolicy next) =>
        Between(old, next).Any(change => EpochFields.Any(field => change.Path.StartsWith(field, StringComparison.Ordinal)));

    private static Dictionary<string, string> Fields(string json)
    {
        Dictionary<string, string> fields = [];
        using JsonDocument document = JsonDocument.Parse(json);
        Flatten(document.RootElement, "", fields);
        return fields;
    }

    // The days of a time-of-use band are one value; other lists are gone through.
    private static void Flatten(JsonElement element, string path, Dictionary<string, string> fields)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty field in element.EnumerateObject())
            {
                Flatten(field.Value, path.Length == 0 ? field.Name : $"{path}.{field.Name}", fields);
            }
        }
        else if (element.ValueKind == JsonValueKind.Array && !path.EndsWith(".days", StringComparison.Ordinal))
        {
            foreach ((int i, JsonElement item) in element.EnumerateArray().Index()) Flatten(item, $"{path}[{i}]", fields);
        }
        else
        {
            fields.Add(path, Compact(element));
        }
    }

    private static string Compact(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? $"[{string.Join(", ", element.EnumerateArray().Select(item => item.GetRawText()))}]"
        : element.GetRawText();
}
