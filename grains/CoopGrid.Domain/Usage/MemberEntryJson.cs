using System.Text.Json.Nodes;
using CoopGrid.Model;

namespace CoopGrid.Domain.Usage;

/// <summary>A member's entry as one line of JSON, for auditors (<see cref="EntryJson"/>).</summary>
public static class MemberEntryJson
{
    /// <summary>The line, without its end.</summary>
    public static string Write(MemberId member, MemberEntry entry) =>
        EntryJson.Write(new JsonObject { ["coop"] = member.Coop, ["member"] = member.Member }, entry.Sequence, entry);
}
