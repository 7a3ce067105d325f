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
    private static readonly Dictionary<string, JsonElement> Lines = Golden.Json("entries-v1.jsonl");

    [Theory]
    [MemberData(nameof(EntryTests.Names), MemberType = typeof(EntryTests))]
    public void Each_kind_is_written_as_it_was_first_released(string name)
    {
        string line = MemberEntryJson.Write(new("isle", "Jörg"), EntryTests.Examples[name] with { At = EntryTests.At });
        Assert.True(Lines.TryGetValue(name, out JsonElement golden), $$"""Give {{name}} its line in entries-v1.jsonl: {"example":"{{name}}","line":{{line}}}""");
        using var written = JsonDocument.Parse(line);
        Golden.AssertHolds(golden, written.RootElement, name);
    }

    [Fact]
    public void A_line_is_one_line_and_says_whose_it_is()
    {
        string line = MemberEntryJson.Write(new("isle", "a\nb"), EntryTests.Admission);
        Assert.DoesNotContain('\n', line);
        Assert.StartsWith("""{"coop":"isle","member":"a\nb","sequence":"5","kind":"admitted",""", line, StringComparison.Ordinal);
    }
}
