using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace CoopGrid.Domain.Governance;

/// <summary>
/// The fields of one JSON object, read by name. Whatever is wrong goes to the error list with the field's path, and a stand-in is
/// returned, so that reading goes on and finds all errors at once. <see cref="Done"/> refuses the fields that nobody asked for.
/// </summary>
internal sealed class JsonFields
{
    public const string WordRule = "must be a word: lower-case letters, digits, '-' and '_', starting with a letter, at most 64 characters";

    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = 16,
    };

    private readonly Dictionary<string, JsonElement> _fields = [];
    private readonly List<string> _asked = [];
    private readonly ErrorList _errors;
    private readonly string _path;

    private JsonFields(string path, ErrorList errors)
    {
        _path = path;
        _errors = errors;
    }

    public IEnumerable<string> Names => _fields.Keys;

    /// <summary>Reads a whole text and hands its top-level object to <paramref name="read"/>; false if it is not JSON.</summary>
    public static bool Parse(ReadOnlyMemory<byte> json, ErrorList errors, Action<JsonFields> read)
    {
        ReadOnlyMemory<byte> text = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Lenient);
            read(Of(document.RootElement, "", errors));
            return true;
        }
        catch (JsonException e)
        {
            errors.Add("", $"is not JSON, line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: {FirstSentence(e.Message)}");
        }
        catch (InvalidOperationException)
        {
            errors.Add("", "is not JSON: a text in it is not valid Unicode");
        }

        return false;
    }

    public static JsonFields Of(JsonElement element, string path, ErrorList errors)
    {
        JsonFields fields = new(path, errors);
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(path, $"must be an object {{ … }}; was {Shown(element)}");
            return fields;
        }

        foreach (JsonProperty field in element.EnumerateObject())
        {
            if (!fields._fields.TryAdd(field.Name, field.Value)) errors.Add(fields.PathOf(field.Name), "is there twice");
        }

        return fields;
    }

    public bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>Complains of a missing field and what it may be.</summary>
    public void Require(string name, string rule) => _errors.Judge(Has(name), PathOf(name), $"is missing; it {rule}");

    /// <summary>A whole number; only its type is judged here, its range by the rules.</summary>
    public long Whole(string name, LimitRange range, long fallback, bool required = false)
    {
        if (required) Require(name, $"must be {range}");
        if (Find(name) is not { } element) return fallback;
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long value)) return value;
        _errors.Add(PathOf(name), $"must be {range}; was {Shown(element)}");
        return fallback;
    }

    /// <summary>A whole number that is held in 32 bits.</summary>
    public int Small(string name, LimitRange range, int fallback)
    {
        long value = Whole(name, range, fallback);
        if (value is >= int.MinValue and <= int.MaxValue) return (int)value;
        _errors.Judge(value, range, PathOf(name));
        return fallback;
    }

    public bool Flag(string name, bool fallback)
    {
        if (Find(name) is not { } element) return fallback;
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False) return element.GetBoolean();
        _errors.Add(PathOf(name), $"must be true or false; was {Shown(element)}");
        return fallback;
    }

    /// <summary>A text that keeps to a rule, which is also its description: "must be …".</summary>
    public string Text(string name, string fallback, Func<string, bool> isValid, string rule, bool required = false)
    {
        if (required) Require(name, rule);
        if (Find(name) is not { } element) return fallback;
        if (element.ValueKind == JsonValueKind.String && element.GetString() is { } text && isValid(text)) return text;
        _errors.Add(PathOf(name), $"{rule}; was {Shown(element)}");
        return fallback;
    }

    /// <summary>One of some words.</summary>
    public T Choice<T>(string name, ImmutableArray<(string Word, T Value)> words, T fallback)
    {
        string all = string.Join(", ", words.Select(word => $"\"{word.Word}\""));
        string text = Text(name, "", found => words.Any(word => word.Word == found), $"must be one of {all}");
        foreach ((string word, T value) in words)
        {
            if (word == text) return value;
        }

        return fallback;
    }

    /// <summary>The object of that name; one without fields if there is none.</summary>
    public JsonFields Object(string name) =>
        Find(name) is { } element ? Of(element, PathOf(name), _errors) : new(PathOf(name), _errors);

    /// <summary>The object of that name, read on its own: its paths begin with it, and its errors go elsewhere.</summary>
    public JsonFields Object(string name, ErrorList errors) => Find(name) is { } element ? Of(element, "", errors) : new("", errors);

    /// <summary>Each object of a list.</summary>
    public ImmutableArray<T> Objects<T>(string name, ImmutableArray<T> fallback, Func<JsonFields, T> read)
    {
        if (!Has(name)) return Items(name).IsEmpty ? fallback : [];
        var items = ImmutableArray.CreateBuilder<T>();
        foreach ((JsonElement element, string path) in Items(name)) items.Add(read(Of(element, path, _errors)));
        return items.ToImmutable();
    }

    /// <summary>The texts of a list, each with its path; those that break the rule are left out.</summary>
    public ImmutableArray<(string Text, string Path)> Texts(string name, Func<string, bool> isValid, string rule)
    {
        var texts = ImmutableArray.CreateBuilder<(string, string)>();
        foreach ((JsonElement element, string path) in Items(name))
        {
            if (element.ValueKind == JsonValueKind.String && element.GetString() is { } text && isValid(text)) texts.Add((text, path));
            else _errors.Add(path, $"{rule}; was {Shown(element)}");
        }

        return texts.ToImmutable();
    }

    /// <summary>Refuses the fields that were not asked for.</summary>
    public void Done()
    {
        foreach (string name in _fields.Keys.Except(_asked))
        {
            _errors.Add(PathOf(name), $"is not known here.{Nearest.Hint(name, _asked)} Known: {string.Join(", ", _asked)}");
        }
    }

    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    private ImmutableArray<(JsonElement Element, string Path)> Items(string name)
    {
        if (Find(name) is not { } list) return [];
        if (list.ValueKind == JsonValueKind.Array)
        {
            return [.. list.EnumerateArray().Select((element, i) => (element, $"{PathOf(name)}[{i}]"))];
        }

        _errors.Add(PathOf(name), $"must be a list [ … ]; was {Shown(list)}");
        return [];
    }

    private JsonElement? Find(string name)
    {
        if (!_asked.Contains(name)) _asked.Add(name);
        return _fields.TryGetValue(name, out JsonElement element) ? element : null;
    }

    // Long values are cut: a message is for reading.
    private static string Shown(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Number when element.TryGetInt64(out long whole) => whole.ToString("N0", CultureInfo.InvariantCulture),
        _ => element.GetRawText() is { Length: > 60 } text ? text[..60] + "…" : element.GetRawText(),
    };

    private static string FirstSentence(string message)
    {
        int end = message.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? message : message[..(end + 1)];
    }
}
