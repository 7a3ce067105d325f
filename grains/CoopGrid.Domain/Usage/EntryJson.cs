using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CoopGrid.Model;

namespace CoopGrid.Domain.Usage;

/// <summary>
/// Entries as lines of JSON, for auditors: whose they are, their kind, and every field by its name, so that a new kind or field needs nothing here. Whole numbers
/// are strings (a reader's numbers may be floating point), moments ISO 8601, enums words. Only ever added to.
/// </summary>
internal static class EntryJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.WriteAsString,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new Moments() },
    };

    /// <summary>A line without its end: what it begins with, the entry's number and kind, and its fields.</summary>
    public static string Write(JsonObject line, long sequence, object entry)
    {
        line["sequence"] = $"{sequence}";
        line["kind"] = JsonNamingPolicy.CamelCase.ConvertName(entry.GetType().Name);
        foreach ((string name, JsonNode? value) in JsonSerializer.SerializeToNode(entry, entry.GetType(), Options)!.AsObject().ToList())
        {
            if (!line.ContainsKey(name)) line[name] = value?.DeepClone();
        }

        return line.ToJsonString(Options);
    }

    private sealed class Moments : JsonConverter<Instant>
    {
        public override Instant Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Instant.From(reader.GetDateTimeOffset());

        public override void Write(Utf8JsonWriter writer, Instant value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
