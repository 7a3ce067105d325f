using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using CoopGrid.Model;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// A proposal's entry as JSON, as it is stored. It must be readable for ever: names, kinds and words never change their meaning, new kinds and fields are added.
/// A field that an old entry lacks has the default that the policy had then. What is read is not judged: it was valid when it was written, by the limits of
/// its time. Golden bytes of every kind are held by a test.
/// </summary>
public static class ProposalEntryJson
{
    /// <summary>The entry's bytes, UTF-8 on one line.</summary>
    public static byte[] Write(ProposalEntry entry)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("kind", KindOf(entry));
            json.WriteNumber("sequence", entry.Sequence);
            json.WriteNumber("at", entry.At.UnixMicroseconds);
            Write(json, entry);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads an entry.</summary>
    /// <exception cref="FormatException">The bytes are of a kind that this version does not know, or of none.</exception>
    public static ProposalEntry Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return Read(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException($"A proposal's book holds an entry that cannot be read: {failure.Message}", failure);
        }
    }

    private static string KindOf(ProposalEntry entry) => entry switch
    {
        ProposalMade => "made",
        ElectorateCounted => "counted",
        VoteCast => "vote",
        ProposalCancelled => "cancelled",
        ProposalQueued => "queued",
        ProposalExecuted => "executed",
        _ => throw new InvalidOperationException($"Entry {entry.GetType().Name} has no kind."),
    };

    private static void Write(Utf8JsonWriter json, ProposalEntry entry)
    {
        switch (entry)
        {
            case ProposalMade made:
                Write(json, made);
                break;
            case ElectorateCounted counted:
                json.WriteNumber("members", counted.Members);
                break;
            case VoteCast vote:
                json.WriteString("member", vote.Member);
                json.WriteString("choice", vote.Choice switch
                {
                    VoteChoice.For => "for",
                    VoteChoice.Against => "against",
                    _ => "abstain",
                });
                break;
            case ProposalCancelled cancelled:
                json.WriteString("by", cancelled.By);
                json.WriteString("reason", cancelled.Reason);
                break;
            case ProposalQueued queued:
                json.WriteString("by", queued.By);
                break;
            case ProposalExecuted executed:
                json.WriteString("by", executed.By);
                json.WriteNumber("version", executed.Version);
                json.WriteNumber("fromSlice", executed.FromSlice);
                break;
        }
    }

    private static void Write(Utf8JsonWriter json, ProposalMade made)
    {
        json.WriteString("by", made.By);
        json.WriteString("title", made.Draft.Title);
        json.WriteString("why", made.Draft.Why);
        Write(json, made.Draft.Change);
        json.WriteStartArray("difference");
        foreach (FieldChange field in made.Difference)
        {
            json.WriteStartObject();
            json.WriteString("path", field.Path);
            if (field.Old is not null) json.WriteString("old", field.Old);
            if (field.New is not null) json.WriteString("new", field.New);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("governanceVersion", made.Governance.Version);
        json.WritePropertyName("governance");
        GovernanceJson.Write(json, made.Governance);
    }

    private static void Write(Utf8JsonWriter json, ProposedChange change)
    {
        switch (change)
        {
            case ClassPolicyChange policy:
                json.WriteStartObject("classPolicy");
                json.WriteString("class", policy.Class);
                json.WriteNumber("basedOn", policy.BasedOn);
                json.WritePropertyName("policy");
                PolicyWriter.Write(json, policy.New);
                break;
            case GovernanceChange governance:
                json.WriteStartObject("governanceChange");
                json.WriteNumber("basedOn", governance.BasedOn);
                json.WritePropertyName("governance");
                GovernanceJson.Write(json, governance.New);
                break;
            case CommonsSpending spending:
                json.WriteStartObject("commonsSpending");
                json.WriteString("recipient", spending.Recipient);
                json.WriteNumber("microCredits", spending.MicroCredits);
                if (spending.ToMember) json.WriteBoolean("toMember", true);
                break;
            default:
                throw new InvalidOperationException($"Change {change.GetType().Name} has no place in the book.");
        }

        json.WriteEndObject();
    }

    private static ProposalEntry Read(JsonElement json)
    {
        long sequence = json.GetProperty("sequence").GetInt64();
        Instant at = new(json.GetProperty("at").GetInt64());
        return Text(json, "kind") switch
        {
            "made" => ReadMade(json, sequence, at),
            "counted" => new ElectorateCounted(sequence, at, json.GetProperty("members").GetInt64()),
            "vote" => new VoteCast(sequence, at, Text(json, "member"), ReadChoice(Text(json, "choice"))),
            "cancelled" => new ProposalCancelled(sequence, at, Text(json, "by"), Text(json, "reason")),
            "queued" => new ProposalQueued(sequence, at, Text(json, "by")),
            "executed" => new ProposalExecuted(
                sequence, at, Text(json, "by"), json.GetProperty("version").GetInt32(), json.GetProperty("fromSlice").GetInt64()),
            var kind => throw new FormatException($"A proposal's book holds an entry of kind '{kind}', which this version does not know."),
        };
    }

    private static ProposalMade ReadMade(JsonElement json, long sequence, Instant at)
    {
        ImmutableArray<FieldChange> difference =
        [
            .. json.GetProperty("difference").EnumerateArray().Select(field => new FieldChange(Text(field, "path"), OptionalText(field, "old"), OptionalText(field, "new"))),
        ];
        GovernancePolicy governance = ReadGovernance(json) with { Version = json.GetProperty("governanceVersion").GetInt32() };
        return new(sequence, at, Text(json, "by"), new(Text(json, "title"), Text(json, "why"), ReadChange(json)), difference, governance);
    }

    private static ProposedChange ReadChange(JsonElement json)
    {
        if (json.TryGetProperty("classPolicy", out JsonElement policy))
        {
            return new ClassPolicyChange(
                Text(policy, "class"), policy.GetProperty("basedOn").GetInt32(), ReadFields(policy, "policy", PolicyReader.Read));
        }

        if (json.TryGetProperty("governanceChange", out JsonElement governance))
            return new GovernanceChange(governance.GetProperty("basedOn").GetInt32(), ReadGovernance(governance));
        return json.TryGetProperty("commonsSpending", out JsonElement spending)
            ? new CommonsSpending(Text(spending, "recipient"), spending.GetProperty("microCredits").GetInt64(), spending.TryGetProperty("toMember", out _))
            : throw new FormatException("A proposal's book holds a change of a kind that this version does not know.");
    }

    private static GovernancePolicy ReadGovernance(JsonElement json) => ReadFields(json, "governance", GovernanceJson.Read);

    private static T ReadFields<T>(JsonElement json, string name, Func<JsonFields, T> read)
    {
        ErrorList errors = new();
        T value = read(JsonFields.Of(json.GetProperty(name), name, errors));
        return errors.Errors.Count == 0 ? value : throw new FormatException($"A proposal's book holds what cannot be read: {string.Join(' ', errors.Errors)}");
    }

    private static VoteChoice ReadChoice(string word) => word switch
    {
        "for" => VoteChoice.For,
        "against" => VoteChoice.Against,
        "abstain" => VoteChoice.Abstain,
        _ => throw new FormatException($"A proposal's book holds a vote '{word}', which this version does not know."),
    };

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static string? OptionalText(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement text) ? text.GetString() : null;
}
