using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Grains.Tests.Market.MarketSilo;

namespace CoopGrid.Grains.Tests.Market;

/// <summary>One slot of the market from its first bid to its end (SPEC.md §7).</summary>
public sealed class SlotGrainTests
{
    /// <summary>Seen to fail with the awards of the whole slot shown to a member, and with the due entries not stored by those who look.</summary>
    [Fact]
    public async Task Bids_are_sealed_until_the_gate_closes_and_then_cleared_at_one_price()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(3);
        ISlotGrain slot = market.Slot(starts);
        long[] bids =
        [
            await Accepted(slot, Bid("m0", "a", 250, 50)), await Accepted(slot, Bid("m1", "a", 200, 40)), await Accepted(slot, Bid("m2", "a", 100, 30)),
        ];
        SlotState open = (await slot.GetState().Soon())!;
        Assert.Equal((SlotPhase.Bidding, 0, 0), (open.Phase, open.UnitPrice, open.SoldUnitsPerSecond));
        Assert.Equal((400, 250), (open.SellableUnitsPerSecond, open.MemberCapUnitsPerSecond));
        Bid own = Assert.Single((await slot.GetReservation("m1").Soon())!.Bids);
        Assert.Equal((bids[1], "m1", 200, 40), (own.Number, own.Member, own.UnitsPerSecond, own.UnitPrice));
        Assert.Empty((await slot.GetReservation("m3").Soon())!.Bids);

        await market.MoveTo(starts - 5000);
        SlotState cleared = (await slot.GetState().Soon())!;
        Assert.Equal((SlotPhase.OnSale, 40, 400), (cleared.Phase, cleared.UnitPrice, cleared.SoldUnitsPerSecond));
        Reservation won = (await slot.GetReservation("m1").Soon())!;
        Assert.Equal(new Award(bids[1], "m1", 150, 50, 0), Assert.Single(won.Awards));
        Assert.Equal((150, 0, 0), (won.HeldUnitsPerSecond, won.Bids.Length, won.Charge.Charge));
        Assert.Empty((await slot.GetReservation("m3").Soon())!.Awards);
        Assert.Empty(await slot.GetCharges(default).Soon());

        await market.MoveTo(starts);
        SlotCharge[] charges = [new("m0", 40, 250, 10, 100_000, 1), new("m1", 40, 150, 10, 60_000, 1)];
        Assert.Equal(charges, (await slot.GetCharges(default).Soon()).AsEnumerable());
        await market.MoveTo(starts + 10_000);
        Assert.Equal(SlotPhase.Ended, (await slot.GetState().Soon())!.Phase);
        Assert.Equal(charges, (await slot.GetCharges(default).Soon()).AsEnumerable());
        Assert.Equal(charges[1], (await slot.GetReservation("m1").Soon())!.Charge);
    }

    [Fact]
    public async Task What_is_left_is_sold_at_that_price_until_the_start_first_come_first_served()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(3);
        ISlotGrain slot = market.Slot(starts);
        await Accepted(slot, Bid("m0", "a", 100, 50));
        Assert.Equal(MarketOutcome.NotOnSale, (await slot.Ask(Buy("m1", "early", 1)).Soon()).Outcome);

        await market.MoveTo(starts - 5000);
        MarketAnswer bought = await slot.Ask(Buy("m1", "b", 250)).Soon();
        Assert.Equal((MarketOutcome.Accepted, 250, 20, 50_000), (bought.Outcome, bought.HeldUnitsPerSecond, bought.UnitPrice, bought.Charge));
        Assert.Equal(MarketOutcome.CapExceeded, (await slot.Ask(Buy("m1", "c", 1)).Soon()).Outcome);
        MarketAnswer tooMuch = await slot.Ask(Buy("m2", "b", 51)).Soon();
        Assert.Equal((MarketOutcome.SoldOut, 50), (tooMuch.Outcome, tooMuch.MostUnitsPerSecond));
        Assert.Equal(MarketOutcome.Accepted, (await slot.Ask(Buy("m2", "b", 50)).Soon()).Outcome);

        await market.MoveTo(starts);
        Assert.Equal(MarketOutcome.SlotStarted, (await slot.Ask(Buy("m0", "late", 1)).Soon()).Outcome);
        Assert.Equal([20_000, 50_000, 10_000], (await slot.GetCharges(default).Soon()).Select(charge => charge.Charge));
    }

    /// <summary>
    /// The class's clock is ahead of the slot's silo's: what it hands in is final, and who holds what. A slot was once asked for its charges before its start and for its
    /// phase after it, and its charges were on no bill. Seen to fail with a slot that goes by its silo's clock alone.
    /// </summary>
    [Fact]
    public async Task A_slot_that_has_started_for_the_class_sells_no_more_whatever_its_own_clock_says()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(1);
        await market.MoveTo(starts - 1000);
        ISlotGrain slot = market.Slot(starts);
        Assert.Equal(MarketOutcome.Accepted, (await slot.Ask(Buy("m0", "a", 100)).Soon()).Outcome);
        Assert.Empty(await slot.GetCharges(Instant.FromUnixMs(starts - 1)).Soon());
        SlotCharge charge = Assert.Single(await slot.GetCharges(Instant.FromUnixMs(starts)).Soon());
        Assert.Equal(("m0", 20_000), (charge.Member, charge.Charge));
        Assert.Equal(MarketOutcome.SlotStarted, (await slot.Ask(Buy("m1", "b", 100)).Soon()).Outcome);
        Assert.Equal(charge, Assert.Single(await slot.GetCharges(default).Soon()));
    }

    /// <summary>The class has listed the slots' books and found none of this one: nothing may begin it. Seen to fail as the one before.</summary>
    [Fact]
    public async Task A_slot_without_a_book_that_has_started_for_the_class_is_not_opened()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(1);
        await market.MoveTo(starts - 1000);
        ISlotGrain slot = market.Slot(starts);
        Assert.Null(await slot.GetHolders(Instant.FromUnixMs(starts)).Soon());
        Assert.Equal(MarketOutcome.SlotStarted, (await slot.Ask(Buy("m0", "a", 100)).Soon()).Outcome);
        Assert.Empty(market.Stored(starts));
    }

    [Fact]
    public async Task Bids_are_taken_back_until_the_gate_closes()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(3);
        ISlotGrain slot = market.Slot(starts);
        long first = await Accepted(slot, Bid("m0", "a", 100, 50));
        await Accepted(slot, Bid("m0", "b", 60, 40));
        await Accepted(slot, Bid("m1", "a", 70, 30));
        await Accepted(slot, Withdraw("m0", "c", first));
        await Accepted(slot, Cancel("m1", "b"));
        await market.MoveTo(starts - 5000);
        Assert.Equal(MarketOutcome.GateClosed, (await slot.Ask(Cancel("m0", "d")).Soon()).Outcome);
        SlotState state = (await slot.GetState().Soon())!;
        Assert.Equal((20, 60), (state.UnitPrice, state.SoldUnitsPerSecond));
    }

    /// <summary>Seen to fail with the member's class not compared.</summary>
    [Fact]
    public async Task Who_may_not_or_cannot_is_told_and_nothing_is_stored()
    {
        await using MarketSilo market = await StartAsync();
        await market.Grid.Class("shops").Found(Policy with { Market = new() { SlotMs = 10_000 } }, "UTC");
        await market.Grid.Enroll("s0", "shops");
        await market.Grid.Member("m1").Suspend(true, "unpaid").Soon();
        long starts = market.StartOf(3);
        (ISlotGrain Slot, MarketRequest Request, MarketOutcome Outcome)[] refused =
        [
            (market.Slot(starts), Bid("m0", "", 1, 20), MarketOutcome.Invalid),
            (market.Slot(starts), Bid("nobody", "a", 1, 20), MarketOutcome.MemberUnknown),
            (market.Slot(starts), Bid("s0", "a", 1, 20), MarketOutcome.MemberUnknown),
            (market.Slot(starts), Bid("m1", "a", 1, 20), MarketOutcome.MemberSuspended),
            (market.Slot(starts, "shops"), Bid("s0", "a", 1, 20), MarketOutcome.NoMarket),
            (market.Slot(starts, "nowhere"), Bid("m0", "a", 1, 20), MarketOutcome.NoMarket),
            (market.Slot(starts + 5000), Bid("m0", "a", 1, 20), MarketOutcome.NoMarket),
            (market.Slot(market.StartOf(8)), Bid("m0", "a", 1, 20), MarketOutcome.SlotNotOpen),
            (market.Slot(market.StartOf(0)), Bid("m0", "a", 1, 20), MarketOutcome.GateClosed),
            (market.Slot(starts), Bid("m0", "a", 1, 19), MarketOutcome.PriceBelowReserve),
        ];
        foreach ((ISlotGrain slot, MarketRequest request, MarketOutcome outcome) in refused)
            Assert.Equal((outcome, request), ((await slot.Ask(request).Soon()).Outcome, request));
        Assert.Empty(market.Grid.Disk.Books);
    }

    /// <summary>Seen to fail with the book of a slot that nobody bid for opened by those who look.</summary>
    [Fact]
    public async Task Looking_opens_no_book()
    {
        await using MarketSilo market = await StartAsync();
        Assert.Equal(SlotPhase.Unopened, (await market.Slot(market.StartOf(8)).GetState().Soon())!.Phase);
        Assert.Equal(SlotPhase.Bidding, (await market.Slot(market.StartOf(3)).GetState().Soon())!.Phase);
        SlotState running = (await market.Slot(market.StartOf(0)).GetState().Soon())!;
        Assert.Equal((SlotPhase.Running, 20, 0), (running.Phase, running.UnitPrice, running.SoldUnitsPerSecond));
        Assert.Equal(SlotPhase.Ended, (await market.Slot(market.StartOf(-100)).GetState().Soon())!.Phase);
        Assert.Null(await market.Slot(market.StartOf(3) + 1).GetState().Soon());
        Assert.Null(await market.Slot(market.StartOf(3), "nowhere").GetReservation("m0").Soon());
        Assert.Empty(market.Grid.Disk.Books);
    }

    /// <summary>Seen to fail with the terms taken from the policy each time, and with those of the policy in force now.</summary>
    [Fact]
    public async Task The_first_bid_fixes_the_terms_and_other_slots_have_the_policy_of_their_start()
    {
        await using MarketSilo market = await StartAsync();
        ISlotGrain bidFor = market.Slot(market.StartOf(4)), later = market.Slot(market.StartOf(5));
        await Accepted(bidFor, Bid("m0", "a", 250, 20));
        await market.Grid.Change("homes", Policy with { Market = Policy.Market with { SellablePermille = 100, ReservePrice = 30 } }).Soon();
        await Accepted(bidFor, Bid("m1", "a", 150, 20));
        MarketAnswer tooLow = await later.Ask(Bid("m0", "a", 100, 29)).Soon();
        Assert.Equal(MarketOutcome.PriceBelowReserve, tooLow.Outcome);
        SlotState state = (await later.GetState().Soon())!;
        Assert.Equal((2, 100, 100, 30), (state.PolicyVersion, state.SellableUnitsPerSecond, state.MemberCapUnitsPerSecond, state.ReservePrice));
        await market.MoveTo(state.Slot.StartsUnixMs - 15_000);
        state = (await bidFor.GetState().Soon())!;
        Assert.Equal((1, 400, 400), (state.PolicyVersion, state.SellableUnitsPerSecond, state.SoldUnitsPerSecond));
    }

    private static async Task<long> Accepted(ISlotGrain slot, MarketRequest request)
    {
        MarketAnswer answer = await slot.Ask(request).Soon();
        Assert.True(answer.Outcome == MarketOutcome.Accepted, $"{request}: {answer}");
        return answer.Bid;
    }
}
