using CoopGrid.Domain.Market;
using CoopGrid.Grains.Market;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Xunit;
using static CoopGrid.Grains.Tests.Market.MarketSilo;

namespace CoopGrid.Grains.Tests.Market;

/// <summary>Stores that fail, activations that die, and clocks that nobody looks at.</summary>
public sealed class SlotTroubleTests
{
    /// <summary>The crash between append and answer. Seen to fail with the activation going on after it (the retry was not answered).</summary>
    [Fact]
    public async Task What_was_stored_and_not_answered_counts_once()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(3);
        ISlotGrain slot = market.Slot(starts);
        market.Books.Next = () => Fate.StoredUnheard;
        Assert.Equal(MarketOutcome.Unavailable, (await slot.Ask(Bid("m0", "a", 100, 50)).Soon()).Outcome);
        market.Books.Next = () => Fate.Stored;
        MarketAnswer again = await slot.Ask(Bid("m0", "a", 100, 50)).Soon();
        Assert.Equal((MarketOutcome.Accepted, true), (again.Outcome, again.Replayed));
        Assert.Equal(again.Bid, Assert.Single((await slot.GetReservation("m0").Soon())!.Bids).Number);
        Assert.Equal(MarketOutcome.KeyConflict, (await slot.Ask(Bid("m0", "a", 101, 50)).Soon()).Outcome);
        Assert.Single(market.Stored(starts).OfType<RequestAccepted>());
    }

    /// <summary>Seen to fail with what is due shown without being stored.</summary>
    [Fact]
    public async Task What_was_not_stored_does_not_count()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(3);
        ISlotGrain slot = market.Slot(starts);
        market.Books.Next = () => Fate.Lost;
        Assert.Equal(MarketOutcome.Unavailable, (await slot.Ask(Bid("m0", "a", 100, 50)).Soon()).Outcome);
        Assert.Empty((await slot.GetReservation("m0").Soon())!.Bids);
        market.Books.Next = () => Fate.Stored;
        MarketAnswer again = await slot.Ask(Bid("m0", "a", 100, 50)).Soon();
        Assert.Equal((MarketOutcome.Accepted, false), (again.Outcome, again.Replayed));

        // Nor is a price told that is not stored.
        await market.MoveTo(starts - 5000);
        market.Books.Next = () => Fate.Lost;
        await Assert.ThrowsAsync<InvalidOperationException>(() => slot.GetState().Soon());
        market.Books.Next = () => Fate.Stored;
        SlotState state = (await slot.GetState().Soon())!;
        Assert.Equal((SlotPhase.OnSale, 20), (state.Phase, state.UnitPrice));
    }

    /// <summary>
    /// Of two activations the one that has not read what the other wrote decides nothing, and ends. Seen to fail with a store that takes any entry
    /// (accepted), and with the activation going on (never answered again).
    /// </summary>
    [Fact]
    public async Task An_activation_that_is_behind_decides_nothing()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(3);
        ISlotGrain slot = market.Slot(starts);
        Assert.Equal(MarketOutcome.Accepted, (await slot.Ask(Bid("m0", "a", 200, 50)).Soon()).Outcome);
        await market.MoveTo(starts - 4000);
        Assert.Equal(200, (await slot.GetState().Soon())!.SoldUnitsPerSecond);
        Assert.True(await market.AskBeside(starts, Buy("m1", "a", 150)));

        Assert.Equal(MarketOutcome.Unavailable, (await slot.Ask(Buy("m2", "a", 100)).Soon()).Outcome);
        MarketAnswer again = await slot.Ask(Buy("m2", "a", 100)).Soon();
        Assert.Equal((MarketOutcome.SoldOut, 50), (again.Outcome, again.MostUnitsPerSecond));
        Assert.Equal(350, (await slot.GetState().Soon())!.SoldUnitsPerSecond);
    }

    [Fact]
    public async Task A_book_that_is_longer_than_what_is_read_at_once_is_read_to_its_end()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(3);
        List<byte[]> stored = [SlotEntryCodec.Encode(new SlotOpened(1, Instant.FromUnixMs(market.NowMs), SlotTerms.Of(Policy, Instant.FromUnixMs(starts))!))];
        while (stored.Count < 1500)
            stored.Add(SlotEntryCodec.Encode(new RequestAccepted(stored.Count + 1, Instant.FromUnixMs(market.NowMs), Bid($"x{stored.Count}", "a", 1, 30))));
        lock (market.Grid.Disk.Lock) market.Grid.Disk.Books[SlotBooks.Of(new(GridSilo.ClassOf("homes"), starts))] = stored;
        Assert.Equal(1500, Assert.Single((await market.Slot(starts).GetReservation("x1499").Soon())!.Bids).Number);
        Assert.Equal(1501, (await market.Slot(starts).Ask(Bid("m0", "a", 1, 30)).Soon()).Bid);
    }

    /// <summary>Seen to fail without SlotCalls (nothing was stored), and with the slots called at their ends (nothing was sold).</summary>
    [Fact]
    public async Task Bids_are_cleared_though_nobody_asks()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(3);
        Assert.Equal(MarketOutcome.Accepted, (await market.Slot(starts).Ask(Bid("m0", "a", 250, 50)).Soon()).Outcome);
        await market.MoveTo(starts);
        await market.Grid.AdvanceUntil(() => market.Stored(starts)[^1] is SlotStarted, "the slot's start in its book");
        Assert.InRange(market.NowMs, starts, starts + 1000);
        Assert.Equal(250, (await market.Slot(starts).GetReservation("m0").Soon())!.HeldUnitsPerSecond);
    }

    /// <summary>A store that fails at the slot's start is asked again while the slot runs. Seen to fail with the slot taken for called.</summary>
    [Fact]
    public async Task A_slot_that_cannot_be_called_is_called_again()
    {
        await using MarketSilo market = await StartAsync();
        long starts = market.StartOf(3);
        Assert.Equal(MarketOutcome.Accepted, (await market.Slot(starts).Ask(Bid("m0", "a", 250, 50)).Soon()).Outcome);
        int before = market.Books.Appends;
        market.Books.Next = () => Fate.Lost;
        await market.MoveTo(starts);
        await market.Grid.AdvanceUntil(() => market.Books.Appends > before, "a call that fails");
        market.Books.Next = () => Fate.Stored;
        await market.Grid.AdvanceUntil(() => market.Stored(starts)[^1] is SlotStarted, "the slot's start in its book");
        Assert.InRange(market.NowMs, starts, starts + 5000);
    }

    /// <summary>
    /// The silo dies with bids that nobody has cleared, and the next one starts while the slot runs. Seen to fail with SlotCalls not calling the first slot
    /// that it sees.
    /// </summary>
    [Fact]
    public async Task Bids_are_cleared_by_the_next_silo_though_nobody_asks()
    {
        MarketSilo first = await StartAsync();
        long starts = first.StartOf(3);
        Assert.Equal(MarketOutcome.Accepted, (await first.Slot(starts).Ask(Bid("m0", "a", 250, 50)).Soon()).Outcome);
        await first.Grid.Kill();
        first.Time.Advance(TimeSpan.FromMilliseconds(starts + 2000 - first.NowMs));

        await using MarketSilo second = await StartAsync(disk: first.Grid.Disk, time: first.Time);
        await second.Grid.Leased("homes");
        await second.Grid.AdvanceUntil(() => second.Stored(starts)[^1] is SlotStarted, "the slot's start in its book");
        Assert.Equal(new SlotCharge("m0", 20, 250, 10, 50_000, 1), Assert.Single(await second.Slot(starts).GetCharges(default).Soon()));
    }
}
