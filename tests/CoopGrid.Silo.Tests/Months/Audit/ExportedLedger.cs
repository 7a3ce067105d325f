using System.Globalization;
using System.Numerics;
using System.Text.Json;
using CoopGrid.Domain.Tests.Billing;
using Xunit;

namespace CoopGrid.Silo.Tests.Months.Audit;

/// <summary>
/// A ledger as it was exported, read with nothing but JSON and put before the independent biller. Members are known to the biller by numbers.
/// </summary>
internal sealed class ExportedLedger
{
    /// <summary>Kinds of entries that no bill looks at.</summary>
    private static readonly HashSet<string> Free = ["entitlementChanged", "meterRegistered", "evidenceKept", "epochBegan", "lateHandedIn"];

    private readonly Dictionary<string, IndependentBiller> _classes = [];
    private readonly Dictionary<string, (int Number, string Class)> _members = [];
    private readonly Dictionary<(string Member, string Key), IndependentBiller.Use> _byKey = [];
    private readonly Dictionary<string, LeftMember> _left = [];
    private readonly Dictionary<string, List<BankStep>> _banks = [];
    private readonly List<LateUses> _late = [];

    // Tickets that may still be redeemed or given back: by the key that was deferred, and by their text.
    private readonly Dictionary<(string Member, string Key), JsonElement> _issued = [];
    private readonly Dictionary<(string Member, string Text), (string Key, JsonElement Ticket)> _tickets = [];
    private readonly long _end;
    private string _last = "";
    private long _sequence;

    /// <param name="end">The slice after the last one that is looked at: whoever has not left is enrolled until then.</param>
    private ExportedLedger(long end) => _end = end;

    /// <summary>Everybody who was ever enrolled.</summary>
    public IReadOnlyDictionary<string, (int Number, string Class)> Members => _members;

    /// <summary>Units of each key that were not given back.</summary>
    public IReadOnlyDictionary<(string Member, string Key), IndependentBiller.Use> ByKey => _byKey;

    /// <summary>Who has left, and what the final bills go by.</summary>
    public IReadOnlyDictionary<string, LeftMember> Left => _left;

    /// <summary>What came late, in the order in which each member's came.</summary>
    public IReadOnlyList<LateUses> Late => _late;

    /// <summary>What members' banks say of themselves, and what they must go by.</summary>
    public IReadOnlyDictionary<string, List<BankStep>> Banks => _banks;

    /// <summary>Units that were given back.</summary>
    public long ReturnedUnits { get; private set; }

    /// <summary>How many entries of each kind there are, and of some kinds those that are of interest.</summary>
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
        string member = Json.Text(entry, "member"), kind = Json.Text(entry, "kind");

        // Sorted by member and number, without a gap.
        if (member != _last)
        {
            Assert.False(_members.ContainsKey(member), $"{member} stands in two places.");
            (_last, _sequence) = (member, 0);
        }

        Assert.Equal((member, ++_sequence), (member, Json.Number(entry, "sequence")));
        Count(kind);
        if (kind is "admitted" or "cancelled" or "usageReported") Assert.False(_left.ContainsKey(member), $"{member} had left: {entry}");
        switch (kind)
        {
            case "enrolled":
                Enrol(member, Json.Text(entry, "class"), Json.Number(entry, "slice"));
                break;
            case "admitted":
                Admit(member, entry);
                break;
            case "cancelled":
                Cancel(member, entry);
                break;
            case "usageReported":
                Report(member, entry);
                break;
            case "bankDecayed":
                _banks[member].Add(new([], 0, BankIn(entry)));
                break;
            case "memberLeft":
                Leave(member, entry);
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
        _banks.Add(member, []);
        if (!_classes.TryGetValue(@class, out IndependentBiller? biller)) _classes[@class] = biller = new();
        for (long at = slice; at < _end; at++) biller.Enrolled.Add((_members[member].Number, at));
    }

    // The slice that it leaves in counts.
    private void Leave(string member, JsonElement entry)
    {
        (int number, string @class) = _members[member];
        long slice = Json.Number(entry, "slice");
        for (long at = slice + 1; at < _end; at++) _classes[@class].Enrolled.Remove((number, at));
        _left.Add(member, LeftMember.Read(slice, entry.GetProperty("final")));
    }

    private void Admit(string member, JsonElement entry)
    {
        string key = Json.Text(entry, "key"), text = Json.Text(entry, "ticket"), units = Letters(entry.GetProperty("covered"));
        bool isHeld = entry.TryGetProperty("reservation", out _);
        IndependentBiller.Use use = UseOf(member, Json.Number(entry, "slice"), units, entry, (int)Json.Number(entry, "policyVersion"), isHeld && units.Contains('s'));
        _classes[_members[member].Class].Uses.Add(use);
        _byKey.Add((member, key), use);
        if (use.IsBeyond) Count("beyond");
        if (isHeld && units.Contains('r')) Count("reserved");
        if (entry.TryGetProperty("issued", out JsonElement issued))
        {
            Count("deferred");
            Assert.Equal(1000, use.Multiplier);
            _issued.Add((member, key), issued.Clone());
            _tickets.Add((member, Json.Text(issued, "text")), (key, issued.Clone()));
        }

        if (text.Length == 0) return;

        // Once, by who holds it, in its time, and free of charge.
        Count("redeemed");
        Assert.True(_tickets.Remove((member, text), out (string Key, JsonElement Ticket) ticket), $"{member} had no ticket {text} any more.");
        _issued.Remove((member, ticket.Key));
        AssertBetween(Json.Text(ticket.Ticket, "opens"), Json.Text(entry, "at"), Json.Text(ticket.Ticket, "closes"));
        Assert.Equal(units, new string('r', units.Length));
        Assert.True(units.Length <= Json.Number(ticket.Ticket, "units"));
    }

    private void Cancel(string member, JsonElement entry)
    {
        string key = Json.Text(entry, "key");
        IndependentBiller.Use use = _byKey[(member, key)];
        int units = (int)Json.Number(entry, "units");
        if (_issued.Remove((member, key), out JsonElement issued))
        {
            Count("deferredCancelled");
            Assert.Equal(use.Units.Length, units);
            AssertBetween("", Json.Text(entry, "at"), Json.Text(issued, "opens"));
            _tickets.Remove((member, Json.Text(issued, "text")));
        }

        use.Units = use.Units[..^units];
        ReturnedUnits += units;
    }

    private void Report(string member, JsonElement entry)
    {
        int version = (int)Json.Number(entry, "policyVersion");
        bool isLate = entry.TryGetProperty("lateEpochs", out JsonElement epochs) && epochs.GetArrayLength() > 0;
        long inTimeFrom = isLate ? Json.Number(entry, "inTimeFrom") : long.MinValue;
        List<IndependentBiller.Use> uses = [.. entry.GetProperty("slices").EnumerateArray()
            .Select(slice => UseOf(member, Json.Number(slice, "slice"), Letters(slice), slice, version, isBeyond: false))];
        List<IndependentBiller.Use> inTime = uses.FindAll(use => use.Slice >= inTimeFrom);
        _classes[_members[member].Class].Uses.AddRange(inTime);
        _banks[member].Add(new(
            [.. inTime.Select(use => (use.Slice, use.Units.Length))],
            inTime.Sum(use => use.Units.Count(unit => unit == 'k')),
            entry.TryGetProperty("bank", out _) ? BankIn(entry) : null));
        if (!isLate) return;
        int held = inTime.Count;
        foreach (JsonElement epoch in epochs.EnumerateArray())
        {
            (long first, long end) = (Json.Number(epoch, "first"), Json.Number(epoch, "end"));
            List<IndependentBiller.Use> late = uses.FindAll(use => use.Slice < inTimeFrom && use.Slice >= first && use.Slice < end);
            Assert.DoesNotContain(late, use => use.Units.Contains('k'));
            held += late.Count;
            _late.Add(new(member, Json.Number(epoch, "number"), late));
            Count("late");
        }

        Assert.Equal(uses.Count, held);
    }

    private IndependentBiller.Use UseOf(string member, long slice, string units, JsonElement priced, int version, bool isBeyond) =>
        new(_members[member].Number, slice, units, (int)Json.Number(priced, "multiplierPermille"), version, isBeyond);

    private void Count(string kind) => Kinds[kind] = Kinds.GetValueOrDefault(kind) + 1;

    // Moments are written so that they sort as text.
    private static void AssertBetween(string first, string at, string end) =>
        Assert.True(string.CompareOrdinal(first, at) <= 0 && string.CompareOrdinal(at, end) < 0, $"{at} is not in [{first}, {end}).");

    private static BankStanding BankIn(JsonElement entry)
    {
        JsonElement bank = entry.GetProperty("bank");
        return new(
            Json.Number(bank, "saved"), Json.Number(bank, "spent"), Json.Number(bank, "decayed"), Json.Number(bank, "held"), Json.Number(bank, "settledThrough"));
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
}

/// <summary>Fields of an exported line.</summary>
internal static class Json
{
    public static string Text(JsonElement from, string name) => from.GetProperty(name).GetString()!;

    public static long Number(JsonElement from, string name) => long.Parse(Text(from, name), CultureInfo.InvariantCulture);
}

/// <summary>Uses of an epoch that one report brought late.</summary>
internal sealed record LateUses(string Member, long Epoch, List<IndependentBiller.Use> Uses);

/// <summary>A bank as an entry records it.</summary>
internal sealed record BankStanding(long Saved, long Spent, long Decayed, long Held, long Through);

/// <summary>What an entry does to a bank.</summary>
/// <param name="Used">Units by slice.</param>
/// <param name="Banked">Units that the bank covered.</param>
/// <param name="After">The bank afterwards, if the entry has it.</param>
internal sealed record BankStep(List<(long Slice, int Units)> Used, long Banked, BankStanding? After);

/// <summary>What a final bill goes by, as its member's last entry says: its class's S and M so far are nowhere else.</summary>
/// <param name="Slice">The last slice that counts for the member.</param>
internal sealed record LeftMember(
    long Slice, long Epoch, long First, long End, BigInteger S, BigInteger M, int Version, long Fee, long Rate, long Comfort, bool ByPrevious, PreviousMean? Previous)
{
    public static LeftMember Read(long slice, JsonElement final)
    {
        JsonElement epoch = final.GetProperty("epoch"), tariff = final.GetProperty("tariff");
        PreviousMean? previous = final.TryGetProperty("previous", out JsonElement mean)
            ? new(Json.Number(mean, "epoch"), Json.Number(mean, "usage"), Json.Number(mean, "memberSlices"))
            : null;
        return new(
            slice, Json.Number(epoch, "number"), Json.Number(epoch, "first"), Json.Number(epoch, "end"), Json.Number(final, "usage"), Json.Number(final, "memberSlices"),
            (int)Json.Number(final, "policyVersion"), Json.Number(tariff, "fixedFee"), Json.Number(tariff, "rate"), Json.Number(tariff, "comfortPermille"),
            Json.Text(tariff, "meanBasis") == "previousEpoch", previous);
    }
}

/// <summary>The figures of the epoch before, as a final bill goes by them.</summary>
internal sealed record PreviousMean(long Epoch, BigInteger S, BigInteger M);
