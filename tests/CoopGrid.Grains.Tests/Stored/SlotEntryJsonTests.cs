using System.Text.Json;
using CoopGrid.Domain.Market;
using Xunit;

namespace CoopGrid.Grains.Tests.Stored;

/// <summary>
/// Entries of slots' books as auditors get them, as they were first released: what is said of members' entries in <see cref="EntryJsonTests"/> is so of these. Seen to
/// fail with awards left out.
/// </summary>
public sealed class SlotEntryJsonTests
{
    private static readonly Dictionary<string, JsonElement> Lines = Golden.Json("slot-entries-v1.jsonl");

    [Theory]
    [MemberData(nameof(SlotEntryTests.Names), MemberType = typeof(SlotEntryTests))]
    public void Each_kind_is_written_as_it_was_first_released(string name)
    {
        string line = SlotEntryJson.Write(new(new("isle", "homes"), 1_800_000_000_000), SlotEntryTests.Examples[name] with { At = SlotEntryTests.At });
        Assert.DoesNotContain('\n', line);
        Assert.True(Lines.TryGetValue(name, out JsonElement golden), $$"""Give {{name}} its line in slot-entries-v1.jsonl: {"example":"{{name}}","line":{{line}}}""");
        using var written = JsonDocument.Parse(line);
        Golden.AssertHolds(golden, written.RootElement, name);
    }
}
