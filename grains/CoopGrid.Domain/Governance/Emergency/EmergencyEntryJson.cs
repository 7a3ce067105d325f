using System.Buffers;
using System.Text.Json;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// An entry of a co-op's emergency actions as JSON, as it is stored. It must be readable for ever: names and kinds never change their meaning, new ones are
/// added. Golden bytes of every kind are held by a test.
/// </summary>
public static class EmergencyEntryJson
{
    /// <summary>The entry's bytes, UTF-8 on one line.</summary>
    public static byte[] Write(EmergencyEntry entry)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", entry is EmergencyDeclared ? "declared" : "lifted");
            json.WriteNumber("number", entry.Number);
            json.WriteNumber("at", entry.At.UnixMicroseconds);
            json.WriteString("by", entry.By);
            json.WriteString("reason", entry.Reason);
            if (entry is EmergencyDeclared declared)
            {
                json.WriteNumber("endsAt", declared.EndsAt.UnixMicroseconds);
                Write(json, declared.Action);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">The bytes are of a kind that this version does not know, or of none.</exception>
    public static EmergencyEntry Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return Read(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"The book of emergency actions holds an entry that cannot be read: {failure.Message}", failure);
        }
    }

    private static void Write(Utf8JsonWriter json, EmergencyAction action)
    {
        switch (action)
        {
            case SuspendMember suspend:
                json.WriteStartObject("suspendMember");
                json.WriteString("member", suspend.Member);
                break;
            case LowerCap cap:
                json.WriteStartObject("lowerCap");
                json.WriteString("class", cap.Class);
                json.WriteNumber("capPermille", cap.CapPermille);
                break;
            case RaiseGuarantee raise:
                json.WriteStartObject("raiseGuarantee");
                json.WriteString("class", raise.Class);
                json.WriteString("lane", raise.Lane);
                json.WriteNumber("guaranteedPermille", raise.GuaranteedPermille);
                break;
            default:
                throw new InvalidOperationException($"Action {action.GetType().Name} has no place in the book.");
        }

        json.WriteEndObject();
    }

    private static EmergencyEntry Read(JsonElement json)
    {
        int number = json.GetProperty("number").GetInt32();
        Instant at = new(json.GetProperty("at").GetInt64());
        string by = Text(json, "by"), reason = Text(json, "reason");
        return Text(json, "kind") switch
        {
            "declared" => new EmergencyDeclared(number, at, by, reason, ReadAction(json), new(json.GetProperty("endsAt").GetInt64())),
            "lifted" => new EmergencyLifted(number, at, by, reason),
            var kind => throw new FormatException($"The book of emergency actions holds an entry of kind '{kind}', which this version does not know."),
        };
    }

    private static EmergencyAction ReadAction(JsonElement json)
    {
        if (json.TryGetProperty("suspendMember", out JsonElement suspend)) return new SuspendMember(Text(suspend, "member"));
        if (json.TryGetProperty("lowerCap", out JsonElement cap)) return new LowerCap(Text(cap, "class"), cap.GetProperty("capPermille").GetInt32());
        return json.TryGetProperty("raiseGuarantee", out JsonElement raise)
            ? new RaiseGuarantee(Text(raise, "class"), Text(raise, "lane"), raise.GetProperty("guaranteedPermille").GetInt32())
            : throw new FormatException("The book of emergency actions holds an action of a kind that this version does not know.");
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
