using System.Text.Json;
using CoopGrid.Domain.Market;
using CoopGrid.Model;

namespace CoopGrid.Domain.Tests.Market;

/// <summary>What the market's tests share: a class of 1,000 units/s that sells 40 % of it in slots of 10 s, opened 60 s and closed 5 s ahead.</summary>
internal static class Markets
{
    public const long Slot = 100;

    public static readonly MarketPolicy Policy = new()
    {
        SlotMs = 10_000,
        GateClosureMs = 5000,
        AheadMs = 60_000,
        SellablePermille = 400,
        ReservePrice = 20,
        MemberCapUnitsPerSecond = 250,
        OveragePermille = 1500,
    };

    public static readonly CapacityPolicy Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 500, MaxRequestUnits = 50 };

    public static readonly SlotTerms Offered = SlotTerms.Of(Policy, Capacity, 3, Slot);

    /// <summary>Some ms after the slot's start; below 0 before it.</summary>
    public static Instant At(long ms) => Instant.FromUnixMs((Slot * 10_000) + ms);

    public static SlotTerms Terms(long sellable, long reserve, long cap) =>
        Offered with { SellableUnitsPerSecond = sellable, ReservePrice = reserve, MemberCapUnitsPerSecond = cap };

    public static MarketRequest Bid(string member, string key, long units, long price) =>
        new() { Member = member, Key = key, Kind = MarketRequestKind.Bid, UnitsPerSecond = units, UnitPrice = price };

    public static MarketRequest Replace(string member, string key, long bid, long units, long price) =>
        Bid(member, key, units, price) with { Kind = MarketRequestKind.Replace, Bid = bid };

    public static MarketRequest Withdraw(string member, string key, long bid) =>
        new() { Member = member, Key = key, Kind = MarketRequestKind.Withdraw, Bid = bid };

    public static MarketRequest Cancel(string member, string key) => new() { Member = member, Key = key, Kind = MarketRequestKind.Cancel };

    public static MarketRequest Buy(string member, string key, long units) =>
        new() { Member = member, Key = key, Kind = MarketRequestKind.Buy, UnitsPerSecond = units };

    /// <summary>Everything of a book, to be compared.</summary>
    public static string Portrait(SlotBook book) => JsonSerializer.Serialize(book.Snapshot());

    public static SlotBook Fold(IEnumerable<SlotEntry> entries)
    {
        var book = new SlotBook();
        foreach (SlotEntry entry in entries) book.Apply(entry);
        return book;
    }

    /// <summary>Decides and applies.</summary>
    public static MarketAnswer Ask(SlotBook book, MarketRequest request, long ms, MemberStatus status = MemberStatus.Active)
    {
        SlotDecision decision = SlotRule.Decide(book, request, status, Offered, At(ms));
        foreach (SlotEntry entry in decision.Entries) book.Apply(entry);
        return decision.Answer;
    }

    /// <summary>Lets time write what is due.</summary>
    public static void Pass(SlotBook book, long ms)
    {
        foreach (SlotEntry entry in SlotRule.Due(book, Offered, At(ms))) book.Apply(entry);
    }
}
