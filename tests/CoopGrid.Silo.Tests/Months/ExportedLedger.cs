using System.Globalization;
using System.Text.Json;
using CoopGrid.Domain.Tests.Billing;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>
/// A ledger as it was exported, read with nothing but JSON and put before the independent biller. Members are known to the biller by numbers.
/// </summary>
internal sealed class ExportedLedger
{
    /// <summary>Kinds of entries that no bill looks at.</summary>
    private static readonly HashSet<string> Free = ["entitlementChanged", "meterRegistered", "evidenceKept", "epochBegan"];

    private readonly Dictionary<string, IndependentBiller> _classes = [];
    private readonly Dictionary<string, (int Number, string Class)> _members = [];
    private readonly Dictionary<(string Member, string Key), IndependentBiller.Use> _byKey = [];
    private readonly long _end;
    private string _last = "";
    private long _sequence;

    /// <param name="end">The slice after the last one that is looked at: whoever has not left is enrolled until then.</param>
    private ExportedLedger(long end) => _end = end;

    /// <summary>Everybody who was ever enrolled.</summary>
    public IReadOnlyDictionary<string, (int Number, string Class)> Members => _members;

    /// <summary>Units of each key that were not given back.</summary>
    public IReadOnlyDictionary<(string Member, string Key), IndependentBiller.Use> ByKey => _byKey;

    /// <summary>How many entries of each kind there are.</summary>
    public Dictionary<string, int> Kinds { get; } = [];

    public IndependentBiller BillerOf(string @class) => _classes[@class];

    public static ExportedLedger Read(string file, long end)
    {
        var ledger = new ExportedLedger(end);
        foreach (string line in File.ReadLines(file))
        {
            using var entry = JsonDocument.Parse(line);
            ledger.Add(entry.RootElement);
        }

        return ledger;
    }

    private void Add(JsonElement entry)
    {
        string member = Text(entry, "member"), kind = Text(entry, "kind");

        // Sorted by member and number, without a gap.
        if (member != _last)
        {
            Assert.False(_members.ContainsKey(member), $"{member} stands in two places.");
            (_last, _sequence) = (member, 0);
        }

        Assert.Equal((member, ++_sequence), (member, Number(entry, "sequence")));
        Kinds[kind] = Kinds.GetValueOrDefault(kind) + 1;
        switch (kind)
        {
            case "enrolled":
                Enrol(member, Text(entry, "class"), Number(entry, "slice"));
                break;
            case "admitted":
                _byKey.Add((member, Text(entry, "key")), Use(member, Number(entry, "slice"), Letters(entry.GetProperty("covered")), entry));
                break;
            case "cancelled":
                IndependentBiller.Use use = _byKey[(member, Text(entry, "key"))];
                use.Units = use.Units[..^(int)Number(entry, "units")];
                break;
            case "usageReported":
                foreach (JsonElement slice in entry.GetProperty("slices").EnumerateArray())
                    Use(member, Number(slice, "slice"), Letters(slice), slice, (int)Number(entry, "policyVersion"));
                break;
            case "statusChanged" when Text(entry, "status") == "exited":
                Leave(member, Number(entry, "slice"));
                break;
            case "statusChanged":
                break;
            default:
                Assert.True(Free.Contains(kind), $"An entry of kind '{kind}' is not known here: say what it does to a bill, or that it does nothing.");
                break;
        }
    }

    private void Enrol(string member, string @class, long slice)
    {
        _members.Add(member, (_members.Count, @class));
        if (!_classes.TryGetValue(@class, out IndependentBiller? biller)) _classes[@class] = biller = new();
        for (long at = slice; at < _end; at++) biller.Enrolled.Add((_members[member].Number, at));
    }

    // The slice that it leaves in counts.
    private void Leave(string member, long slice)
    {
        (int number, string @class) = _members[member];
        for (long at = slice + 1; at < _end; at++) _classes[@class].Enrolled.Remove((number, at));
    }

    private IndependentBiller.Use Use(string member, long slice, string units, JsonElement priced, int? version = null)
    {
        (int number, string @class) = _members[member];
        var use = new IndependentBiller.Use(number, slice, units, (int)Number(priced, "multiplierPermille"), version ?? (int)Number(priced, "policyVersion"));
        _classes[@class].Uses.Add(use);
        return use;
    }

    // In the order of covering. Of an admission the parts are named alone, of a report with their unit.
    private static string Letters(JsonElement covered)
    {
        string letters = "";
        foreach ((string part, char letter) in new[] { ("exempt", 'e'), ("reserved", 'r'), ("baseline", 'b'), ("banked", 'k'), ("surged", 's') })
        {
            bool isThere = covered.TryGetProperty(part, out JsonElement units) || covered.TryGetProperty($"{part}Units", out units);
            if (isThere) letters += new string(letter, int.Parse(units.GetString()!, CultureInfo.InvariantCulture));
        }

        return letters;
    }

    private static string Text(JsonElement from, string name) => from.GetProperty(name).GetString()!;

    private static long Number(JsonElement from, string name) => long.Parse(Text(from, name), CultureInfo.InvariantCulture);
}
