using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.BadInput;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Market;

/// <summary>The capacity market through gRPC (SPEC.md §7), on SQLite and across a crash.</summary>
[Collection(ProcessCollection.Name)]
public sealed class MarketTests
{
    private const int SlotMs = 10_000;

    // Long enough for bids, and for a silo to die and come back, on a busy machine.
    private const int AheadMs = 15_000;

    private static readonly string Charter = Charters.Of(
        [
            $$"""
            "people": {
              "capacity": { "unitsPerSecond": 1000, "burstUnits": 2000, "maxRequestUnits": 50 },
              "market": { "slotMs": {{SlotMs}}, "gateClosureMs": 5000, "aheadMs": 60000, "sellablePermille": 400, "reservePrice": 20 } }
            """,
            """
            "guests": { "capacity": { "unitsPerSecond": 1000, "burstUnits": 2000, "maxRequestUnits": 50 } }
            """,
        ],
        [Charters.Member("alice", "people"), Charters.Member("bob", "people"), Charters.Member("gus", "guests")]);

    private long _keys;

    [Fact]
    public async Task A_slot_from_its_bids_to_its_charges_outlives_a_crash()
    {
        await using var folder = new SiloFolder(Charter);
        SiloProcess silo = await folder.StartAsync();
        long starts = (((Now + AheadMs) / SlotMs) + 1) * SlotMs;
        MarketReply bid = await silo.Clients.Market.PlaceBidAsync(Bid("alice", starts, 100, 50));
        Assert.Equal((MarketOutcome.Accepted, 2), (bid.Outcome, bid.Bid));
        MarketReply replaced = await silo.Clients.Market.PlaceBidAsync(new(Bid("alice", starts, 300, 45)) { Replaces = bid.Bid });
        PlaceBidRequest second = Bid("bob", starts, 200, 40);
        Assert.Equal(MarketOutcome.Accepted, (await silo.Clients.Market.PlaceBidAsync(second)).Outcome);
        Slot open = await Slot(silo, starts);
        Assert.Equal((SlotPhase.Bidding, 0, 400), (open.Phase, open.SoldUnitsPerSecond, open.SellableUnitsPerSecond));
        StandingBid standing = Assert.Single((await Reservation(silo, "alice", starts)).Bids);
        Assert.Equal((replaced.Bid, 300, 45), (standing.Number, standing.UnitsPerSecond, standing.UnitPrice));

        await silo.KillAsync();
        silo = await folder.StartAsync();
        Assert.True((await silo.Clients.Market.PlaceBidAsync(second)).Replayed);
        await Until.True(() => Now >= starts, "the slot's start");
        Slot cleared = await Slot(silo, starts);
        Assert.Equal((40, 400), (cleared.UnitPrice, cleared.SoldUnitsPerSecond));
        Reservation reservation = await Reservation(silo, "bob", starts);
        Assert.Equal(100, Assert.Single(reservation.Results).WonUnitsPerSecond);
        Assert.Equal((100, 40 * 100 * (SlotMs / 1000)), (reservation.ChargedUnitsPerSecond, reservation.Charge));
        Assert.Equal(MarketOutcome.GateClosed, (await silo.Clients.Market.CancelBidsAsync(
            new() { Coop = Charters.Coop, Member = "alice", SlotStartsUnixMs = starts, Key = "late" })).Outcome);
        await RunsAndIsBilled(silo);
    }

    // What bob holds covers his requests, shows in his state, and is on his projected bill.
    private static async Task RunsAndIsBilled(SiloProcess silo)
    {
        Member bob = new();
        await Until.True(
            async () => (bob = await silo.Clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = "bob" })).Reservation is not null,
            () => "a running reservation");
        Assert.Equal((100, SlotMs), (bob.Reservation.UnitsPerSecond, bob.Reservation.EndsUnixMs - bob.Reservation.StartsUnixMs));
        AdmitRequest request = new() { Coop = Charters.Coop, Member = "bob", Units = 40, Key = "run" };
        Assert.Equal(40, (await silo.Clients.Admission.QuoteAsync(request)).Covered.Reserved);
        AdmitReply admitted = await Until.Admitted(silo.Clients, request);
        Assert.Equal((40, 0, 0), (admitted.Covered.Reserved, admitted.Covered.Surged, admitted.WindowUsageUnits));
        Bill bill = new();
        await Until.True(
            async () => (bill = await silo.Clients.Billing.GetProjectedBillAsync(new() { Coop = Charters.Coop, Member = "bob" }))
                .Lines.Any(line => line.Kind == BillLineKind.Reservation),
            () => "the slot on the projected bill");
        Assert.Equal(40_000, bill.Lines.Single(line => line.Kind == BillLineKind.Reservation).AmountMicroCredits);
    }

    [Fact]
    public async Task What_is_left_is_listed_and_bought_once()
    {
        await using var folder = new SiloFolder(Charter);
        SiloProcess silo = await folder.StartAsync();
        long starts = ((Now / SlotMs) + 1) * SlotMs;
        await Until.True(() => Now >= starts + (SlotMs / 2), "the gate of the slot after the next");
        starts += SlotMs;
        ListSlotsReply listed = await silo.Clients.Market.ListSlotsAsync(new() { Coop = Charters.Coop, Class = "people", Limit = 3 });
        Assert.Equal([starts - SlotMs, starts, starts + SlotMs], listed.Slots.Select(slot => slot.StartsUnixMs));
        Assert.Equal([SlotPhase.Running, SlotPhase.OnSale, SlotPhase.Bidding], listed.Slots.Select(slot => slot.Phase));

        var buy = new BuyRequest { Coop = Charters.Coop, Member = "bob", SlotStartsUnixMs = starts, Key = "b", UnitsPerSecond = 150 };
        MarketReply bought = await silo.Clients.Market.BuyAsync(buy);
        Assert.Equal((MarketOutcome.Accepted, 150, 20, 30_000), (bought.Outcome, bought.HeldUnitsPerSecond, bought.UnitPrice, bought.Charge));
        MarketReply again = await silo.Clients.Market.BuyAsync(buy);
        Assert.Equal(new MarketReply(bought) { Replayed = true }, again);
        MarketReply tooMuch = await silo.Clients.Market.BuyAsync(new(buy) { Key = "c", UnitsPerSecond = 251 });
        Assert.Equal((MarketOutcome.CapExceeded, 250), (tooMuch.Outcome, tooMuch.MostUnitsPerSecond));
    }

    /// <summary>Seen to fail with a member's name not checked before its grain is asked (MEMBER_UNKNOWN).</summary>
    [Fact]
    public async Task What_cannot_be_is_a_status_or_a_refusal_with_its_reason()
    {
        await using var folder = new SiloFolder(Charter);
        SiloProcess silo = await folder.StartAsync();
        var market = silo.Clients.Market;
        long starts = (((Now + AheadMs) / SlotMs) + 1) * SlotMs;
        PlaceBidRequest good = Bid("alice", starts, 10, 20);
        await QuietSilo.Fails(StatusCode.InvalidArgument, market.PlaceBidAsync(new(good) { Member = "" }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, market.PlaceBidAsync(new(good) { Key = "" }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, market.PlaceBidAsync(new(good) { UnitsPerSecond = 0 }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, market.PlaceBidAsync(new(good) { SlotStartsUnixMs = long.MaxValue }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, market.GetSlotAsync(new() { Coop = Charters.Coop, Class = "people", SlotStartsUnixMs = -1 }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, market.ListSlotsAsync(new() { Coop = Charters.Coop, Class = "people", Limit = 101 }));
        await QuietSilo.Fails(StatusCode.NotFound, market.PlaceBidAsync(new(good) { Coop = "elsewhere" }));
        await QuietSilo.Fails(StatusCode.NotFound, market.GetSlotAsync(new() { Coop = Charters.Coop, Class = "people", SlotStartsUnixMs = starts + 1 }));
        await QuietSilo.Fails(StatusCode.NotFound, market.ListSlotsAsync(new() { Coop = Charters.Coop, Class = "nobody" }));
        await QuietSilo.Fails(StatusCode.NotFound, market.GetReservationAsync(new() { Coop = Charters.Coop, Member = "nobody", SlotStartsUnixMs = starts }));
        Assert.Equal(MarketOutcome.MemberUnknown, (await market.PlaceBidAsync(new(good) { Member = "nobody" })).Outcome);
        Assert.Equal(MarketOutcome.NoMarket, (await market.PlaceBidAsync(new(good) { Member = "gus", SlotStartsUnixMs = 300_000 * (starts / 300_000) })).Outcome);
        Assert.Equal(MarketOutcome.BidUnknown, (await market.WithdrawBidAsync(
            new() { Coop = Charters.Coop, Member = "alice", SlotStartsUnixMs = starts, Key = "w", Bid = 9 })).Outcome);
        Assert.Empty((await market.ListSlotsAsync(new() { Coop = Charters.Coop, Class = "guests" })).Slots);

        Assert.Equal(MarketOutcome.Accepted, (await market.PlaceBidAsync(good)).Outcome);
        await QuietSilo.Fails(StatusCode.AlreadyExists, market.PlaceBidAsync(new(good) { UnitsPerSecond = 11 }));
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private PlaceBidRequest Bid(string member, long starts, long units, long price) => new()
    {
        Coop = Charters.Coop,
        Member = member,
        SlotStartsUnixMs = starts,
        Key = $"{++_keys}",
        UnitsPerSecond = units,
        UnitPrice = price,
    };

    private static async Task<Slot> Slot(SiloProcess silo, long starts) =>
        await silo.Clients.Market.GetSlotAsync(new() { Coop = Charters.Coop, Class = "people", SlotStartsUnixMs = starts });

    private static async Task<Reservation> Reservation(SiloProcess silo, string member, long starts) =>
        await silo.Clients.Market.GetReservationAsync(new() { Coop = Charters.Coop, Member = member, SlotStartsUnixMs = starts });
}
