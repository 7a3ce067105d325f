using System.Text.Json.Nodes;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>An entry of a slot's book as one line of JSON, for auditors (<see cref="EntryJson"/>).</summary>
public static class SlotEntryJson
{
    /// <summary>The line, without its end.</summary>
    public static string Write(SlotId slot, SlotEntry entry) =>
        EntryJson.Write(new JsonObject { ["coop"] = slot.Class.Coop, ["class"] = slot.Class.Class, ["starts"] = slot.Starts.ToString() }, entry.Sequence, entry);
}
