using System.Text.Json;
using CoopGrid.Domain.Usage;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>
/// Entries as auditors get them, line for line as they were first released. Programs of others read them: fields may be added, and then another line beside the old
/// ones in entries-v1.jsonl, whose fields must all still be there.
/// </summary>
public sealed class EntryJsonTests
{
    private static readonly Dictionary<string, JsonElement> Lines = Golden.Lines("entries-v1.jsonl")
        .Select(line => JsonDocument.Parse(line).RootElement)
        .ToDictionary(line => line.GetProperty("example").GetString()!, line => line.GetProperty("line"));

    [Theory]
    [MemberData(nameof(EntryTests.Names), MemberType = typeof(EntryTests))]
    public void Each_kind_is_written_as_it_was_first_released(string name)
    {
        string line = MemberEntryJson.Write(new("isle", "Jörg"), EntryTests.Examples[name] with { At = EntryTests.At });
        Assert.True(Lines.TryGetValue(name, out JsonElement golden), $$"""Give {{name}} its line in entries-v1.jsonl: {"example":"{{name}}","line":{{line}}}""");
        using var written = JsonDocument.Parse(line);
        AssertHolds(golden, written.RootElement, name);
    }

    [Fact]
    public void A_line_is_one_line_and_says_whose_it_is()
    {
        string line = MemberEntryJson.Write(new("isle", "a\nb"), EntryTests.Admission);
        Assert.DoesNotContain('\n', line);
        Assert.StartsWith("""{"coop":"isle","member":"a\nb","sequence":"5","kind":"admitted",""", line, StringComparison.Ordinal);
    }

    private static void AssertHolds(JsonElement golden, JsonElement now, string place)
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
