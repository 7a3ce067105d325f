using System.Text.Json;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>Bytes as they were first released: one line for each, its name and its hex.</summary>
internal static class Golden
{
    public static IReadOnlyDictionary<string, byte[]> Read(string file) => Lines(file)
        .Select(line => line.Split(' '))
        .ToDictionary(parts => parts[0], parts => Convert.FromHexString(parts[1]), StringComparer.Ordinal);

    /// <summary>The file's lines.</summary>
    public static string[] Lines(string file)
    {
        using var reader = new StreamReader(typeof(Golden).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>Examples as lines of JSON, by their names.</summary>
    public static Dictionary<string, JsonElement> Json(string file) => Lines(file)
        .Select(line => JsonDocument.Parse(line).RootElement)
        .ToDictionary(line => line.GetProperty("example").GetString()!, line => line.GetProperty("line"));

    /// <summary>Whether all that was once released is still there, as it was; there may be more.</summary>
    public static void AssertHolds(JsonElement golden, JsonElement now, string place)
    {
        Assert.Equal((place, golden.ValueKind), (place, now.ValueKind));
        switch (golden.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty field in golden.EnumerateObject())
                {
                    Assert.True(now.TryGetProperty(field.Name, out JsonElement value), $"{place} has lost {field.Name}.");
                    AssertHolds(field.Value, value, $"{place}.{field.Name}");
                }

                break;
            case JsonValueKind.Array:
                Assert.Equal(golden.GetArrayLength(), now.GetArrayLength());
                foreach ((JsonElement before, JsonElement after) in golden.EnumerateArray().Zip(now.EnumerateArray())) AssertHolds(before, after, place);
                break;
            default:
                Assert.Equal((place, golden.GetRawText()), (place, now.GetRawText()));
                break;
        }
    }
}
