using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Xunit;

namespace CoopGrid.Silo.Tests.Months.Audit;

/// <summary>What a slot costs a member.</summary>
/// <param name="Version">The policy version that it was sold under.</param>
internal sealed record SlotCost(string Class, string Member, long StartsMs, int Version, BigInteger Charge);

/// <summary>
/// The books of slots as they were exported, read with nothing but JSON: bids are cleared anew, a unit per second at a time, and what was held at a slot's start is
/// charged (SPEC.md §7).
/// </summary>
internal sealed class ExportedSlots
{
    private readonly List<SlotCost> _costs = [];
    private readonly SortedDictionary<long, Bid> _bids = [];
    private readonly Dictionary<string, long> _held = [];
    private Terms? _terms;
    private string _last = "";
    private long _sequence;
    private long _price;

    public IReadOnlyList<SlotCost> Costs => _costs;

    /// <summary>How often each request was accepted.</summary>
    public Dictionary<(string Member, string Key), int> Accepted { get; } = [];

    /// <summary>How many entries of each kind, and of each kind of request, there are.</summary>
    public Dictionary<string, int> Kinds { get; } = [];

    public static ExportedSlots Read(string file)
    {
        var slots = new ExportedSlots();
        foreach (string line in File.ReadLines(file))
        {
            using var entry = JsonDocument.Parse(line);
            slots.Add(entry.RootElement);
        }

        return slots;
    }

    private void Add(JsonElement entry)
    {
        string @class = Json.Text(entry, "class"), starts = Json.Text(entry, "starts"), slot = $"{@class} {starts}";
        string kind = Json.Text(entry, "kind"), at = Json.Text(entry, "at");
        if (slot != _last)
        {
            Assert.True(string.CompareOrdinal(_last, slot) < 0, $"{slot} stands after {_last}.");
            (_last, _sequence, _price, _terms) = (slot, 0, 0, null);
            _bids.Clear();
            _held.Clear();
        }

        Assert.Equal((slot, ++_sequence), (slot, Json.Number(entry, "sequence")));
        Count(kind);
        switch (kind)
        {
            case "slotOpened":
                _terms = Terms.Read(entry.GetProperty("terms"));
                break;
            case "requestAccepted":
                Accept(entry.GetProperty("request"), at);
                break;
            case "slotCleared":
                Clear(entry, at);
                break;
            case "slotStarted":
                foreach ((string member, long held) in _held.Where(own => own.Value > 0).OrderBy(own => own.Key, StringComparer.Ordinal))
                    _costs.Add(new(@class, member, UnixMs(starts), _terms!.Version, (BigInteger)_price * held * _terms.Seconds));
                break;
            case "memberRevoked":
                TakeAll(Json.Text(entry, "member"));
                break;
            case "slotEnded":
                break;
            default:
                Assert.Fail($"An entry of kind '{kind}' is not known here: say what it does to a bill, or that it does nothing.");
                break;
        }
    }

    private void Accept(JsonElement request, string at)
    {
        string member = Json.Text(request, "member"), kind = Json.Text(request, "kind");
        long bid = Json.Number(request, "bid"), units = Json.Number(request, "unitsPerSecond");
        Count(kind);
        (string, string) key = (member, Json.Text(request, "key"));
        Accepted[key] = Accepted.GetValueOrDefault(key) + 1;
        if (kind is "replace" or "withdraw")
        {
            Assert.Equal(member, _bids[bid].Member);
            _bids.Remove(bid);
        }

        switch (kind)
        {
            case "bid":
            case "replace":
                _bids.Add(_sequence, new(member, units, Json.Number(request, "unitPrice"), at));
                break;
            case "cancel":
                TakeAll(member);
                break;
            case "buy":
                _held[member] = _held.GetValueOrDefault(member) + units;
                Assert.True(_held[member] <= _terms!.Cap, $"{member} holds {_held[member]} of {_last}.");
                Assert.True(_held.Values.Sum() <= _terms.Sellable, $"{_last} is oversold.");
                break;
        }
    }

    private void Clear(JsonElement cleared, string at)
    {
        // A slot that is over when it is cleared sells nothing.
        long left = string.CompareOrdinal(at, _terms!.Ends) < 0 ? _terms.Sellable : 0;
        long? lost = null;
        Dictionary<long, long> won = _bids.Keys.ToDictionary(number => number, _ => 0L);
        Dictionary<string, long> counted = [];
        foreach ((long number, Bid bid) in _bids.OrderByDescending(bid => bid.Value.Price).ThenBy(bid => bid.Value.At, StringComparer.Ordinal).ThenBy(bid => bid.Key))
        {
            for (long unit = 0; unit < bid.Units; unit++)
            {
                if (bid.Price < _terms.Reserve || counted.GetValueOrDefault(bid.Member) == _terms.Cap) break;
                counted[bid.Member] = counted.GetValueOrDefault(bid.Member) + 1;
                if (left == 0)
                {
                    lost ??= bid.Price;
                    continue;
                }

                left--;
                won[number]++;
                _held[bid.Member] = _held.GetValueOrDefault(bid.Member) + 1;
            }
        }

        _price = lost ?? _terms.Reserve;
        Assert.Equal((_last, _price), (_last, Json.Number(cleared, "unitPrice")));
        Assert.Equal(
            won.Select(bid => (_last, bid.Key, bid.Value)),
            cleared.GetProperty("awards").EnumerateArray().Select(award => (_last, Json.Number(award, "number"), Json.Number(award, "wonUnitsPerSecond"))));
        if (lost is not null) Count("competed");
        _bids.Clear();
    }

    private void TakeAll(string member)
    {
        foreach (long number in _bids.Where(bid => bid.Value.Member == member).Select(bid => bid.Key).ToList()) _bids.Remove(number);
        _held.Remove(member);
    }

    private void Count(string kind) => Kinds[kind] = Kinds.GetValueOrDefault(kind) + 1;

    private static long UnixMs(string moment) => DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    private sealed record Bid(string Member, long Units, long Price, string At);

    private sealed record Terms(int Version, string Ends, long Seconds, long Sellable, long Reserve, long Cap)
    {
        public static Terms Read(JsonElement terms) => new(
            (int)Json.Number(terms, "policyVersion"), Json.Text(terms, "ends"), Json.Number(terms, "seconds"), Json.Number(terms, "sellableUnitsPerSecond"),
            Json.Number(terms, "reservePrice"), Json.Number(terms, "memberCapUnitsPerSecond"));
    }
}
