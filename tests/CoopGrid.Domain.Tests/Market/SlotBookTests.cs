using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Market;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Market;

/// <summary>The life of a slot from its first bid to its end, and what its book does not take.</summary>
public sealed class SlotBookTests
{
    private readonly SlotBook _book = new();

    [Fact]
    public void The_life_of_a_slot()
    {
        Assert.Equal(2, Ask(Markets.Bid("a", "1", 200, 50), -60_000).Bid);
        Assert.Equal(3, Ask(Markets.Bid("b", "1", 300, 40), -50_000).Bid);
        Assert.Equal(4, Ask(Markets.Bid("c", "1", 100, 90), -40_000).Bid);
        Assert.Equal(5, Ask(Markets.Replace("a", "2", 2, 250, 60), -30_000).Bid);
        Assert.Equal(4, Ask(Markets.Withdraw("c", "2", 4), -20_000).Bid);
        Assert.Equal([new Bid(5, "a", 250, 60, Markets.At(-30_000))], _book.BidsOf("a"));

        // a has its 250, b the 150 that are left of its 250 within the cap: its own rest sets the price.
        Markets.Pass(_book, -5000);
        Assert.Equal((SlotPhase.OnSale, 40, 400, 0), (_book.Phase, _book.UnitPrice, _book.SoldUnitsPerSecond, _book.BidCount));
        Assert.Equal([new(3, "b", 150, 100, 50), new(5, "a", 250, 0, 0)], _book.Awards);
        Assert.Equal((250, 150, 0, 0), (_book.HeldBy("a"), _book.HeldBy("b"), _book.HeldBy("c"), _book.ChargeOf("a")));
        Assert.Equal(MarketOutcome.SoldOut, Markets.Ask(_book, Markets.Buy("c", "3", 1), -4000).Outcome);

        Markets.Pass(_book, 0);
        Assert.Equal((SlotPhase.Running, 250, 100_000, 60_000), (_book.Phase, _book.HeldBy("a"), _book.ChargeOf("a"), _book.ChargeOf("b")));
        Markets.Pass(_book, 10_000);
        Assert.Equal((SlotPhase.Ended, 0, 100_000), (_book.Phase, _book.HeldBy("a"), _book.ChargeOf("a")));
    }

    [Fact]
    public void What_is_unsold_is_bought_at_the_clearing_price_under_the_same_cap_until_the_start()
    {
        Ask(Markets.Bid("a", "1", 200, 50), -60_000);

        // The purchase finds the gate closed and the slot not cleared: clearing is written before it.
        SlotDecision decision = SlotRule.Decide(_book, Markets.Buy("a", "2", 40), MemberStatus.Active, Markets.Offered, Markets.At(-5000));
        Assert.Equal([typeof(SlotCleared), typeof(RequestAccepted)], decision.Entries.Select(entry => entry.GetType()));
        Assert.Equal((240, 20, 8000), (decision.Answer.HeldUnitsPerSecond, decision.Answer.UnitPrice, decision.Answer.Charge));
        foreach (SlotEntry entry in decision.Entries) _book.Apply(entry);

        MarketAnswer over = Markets.Ask(_book, Markets.Buy("a", "3", 11), -4000);
        Assert.Equal((MarketOutcome.CapExceeded, 10), (over.Outcome, over.MostUnitsPerSecond));
        MarketAnswer soldOut = Markets.Ask(_book, Markets.Buy("b", "1", 161), -4000);
        Assert.Equal((MarketOutcome.SoldOut, 160), (soldOut.Outcome, soldOut.MostUnitsPerSecond));
        Assert.Equal(160, Ask(Markets.Buy("b", "1", 160), -1).HeldUnitsPerSecond);
        Assert.Equal(MarketOutcome.SlotStarted, Markets.Ask(_book, Markets.Buy("c", "1", 1), 0).Outcome);
        Markets.Pass(_book, 0);
        Assert.Equal((48_000, 32_000), (_book.ChargeOf("a"), _book.ChargeOf("b")));
    }

    [Fact]
    public void A_slot_that_nobody_bid_for_is_sold_at_the_reserve_price() =>
        Assert.Equal((250, 20), (Ask(Markets.Buy("a", "1", 250), -3000).HeldUnitsPerSecond, _book.UnitPrice));

    [Fact]
    public void Cancelling_takes_all_of_a_members_bids_back_until_the_gate_closes()
    {
        Ask(Markets.Bid("a", "1", 100, 50), -60_000);
        Ask(Markets.Bid("a", "2", 100, 40), -60_000);
        Ask(Markets.Bid("b", "1", 100, 30), -60_000);
        Ask(Markets.Cancel("a", "3"), -5001);
        Assert.Equal((0, 1), (_book.BidsOf("a").Count, _book.BidCount));
        Assert.Equal(MarketOutcome.GateClosed, Markets.Ask(_book, Markets.Cancel("b", "2"), -5000).Outcome);
        Markets.Pass(_book, -5000);
        Assert.Equal(MarketOutcome.GateClosed, Markets.Ask(_book, Markets.Cancel("b", "2"), -4000).Outcome);
        Assert.Equal((0, 100), (_book.HeldBy("a"), _book.HeldBy("b")));
    }

    /// <summary>Seen to fail with nothing remembered by key: the member that has left was told so.</summary>
    [Fact]
    public void A_request_that_comes_again_is_answered_the_same_and_does_nothing_whatever_has_happened_since()
    {
        MarketRequest bid = Markets.Bid("a", "1", 100, 50), withdraw = Markets.Withdraw("a", "2", 2), buy = Markets.Buy("a", "3", 10);
        (MarketRequest Request, MarketAnswer Answer)[] asked = [(bid, Ask(bid, -60_000)), (withdraw, Ask(withdraw, -50_000)), (buy, Ask(buy, -4000))];
        Markets.Pass(_book, 20_000);
        string before = Markets.Portrait(_book);
        foreach ((MarketRequest request, MarketAnswer answer) in asked)
        {
            Assert.Equal(answer with { Replayed = true }, Markets.Ask(_book, request, 20_000, MemberStatus.Exited));
            Assert.Equal(MarketOutcome.KeyConflict, Markets.Ask(_book, request with { Kind = MarketRequestKind.Cancel, Bid = 0, UnitsPerSecond = 0, UnitPrice = 0 }, 20_000).Outcome);
        }

        Assert.Equal(before, Markets.Portrait(_book));
    }

    /// <summary>Seen to fail with the caller's clock in place of the book's: the bid was taken, and the book refused its entry.</summary>
    [Fact]
    public void A_clock_that_goes_back_opens_no_gate()
    {
        Ask(Markets.Bid("a", "1", 100, 50), -60_000);
        Markets.Pass(_book, -5000);
        Assert.Equal(MarketOutcome.GateClosed, Markets.Ask(_book, Markets.Bid("b", "1", 100, 50), -30_000).Outcome);
        Assert.Equal(MarketOutcome.Accepted, Markets.Ask(_book, Markets.Buy("b", "2", 100), -30_000).Outcome);
        Markets.Pass(_book, 0);
        Assert.Equal(MarketOutcome.SlotStarted, Markets.Ask(_book, Markets.Buy("b", "3", 100), -30_000).Outcome);
    }

    [Fact]
    public void Terms_stay_as_they_were_when_the_book_was_opened()
    {
        Ask(Markets.Bid("a", "1", 100, 50), -60_000);
        SlotTerms now = Markets.Terms(1, 1000, 1);
        SlotDecision decision = SlotRule.Decide(_book, Markets.Bid("b", "1", 100, 20), MemberStatus.Active, now, Markets.At(-50_000));
        Assert.Equal(MarketOutcome.Accepted, decision.Answer.Outcome);
        Assert.Equal(Markets.Offered, _book.Terms);
    }

    [Fact]
    public void Whoever_leaves_before_the_start_frees_what_it_holds_and_after_it_pays()
    {
        Assert.Null(SlotRule.Revoke(_book, "a", Markets.At(-60_000)));
        Ask(Markets.Bid("a", "1", 200, 50), -60_000);
        Ask(Markets.Bid("b", "1", 250, 50), -60_000);
        Ask(Markets.Bid("c", "1", 250, 50), -60_000);
        _book.Apply(SlotRule.Revoke(_book, "c", Markets.At(-50_000))!);
        Markets.Pass(_book, -5000);
        Assert.Equal((200, 200, 0), (_book.HeldBy("a"), _book.HeldBy("b"), _book.HeldBy("c")));
        _book.Apply(SlotRule.Revoke(_book, "a", Markets.At(-4000))!);
        Assert.Equal((0, 200), (_book.HeldBy("a"), _book.SoldUnitsPerSecond));
        Assert.Equal(200, Ask(Markets.Buy("d", "1", 200), -3000).HeldUnitsPerSecond);
        Markets.Pass(_book, 0);
        _book.Apply(SlotRule.Revoke(_book, "b", Markets.At(5000))!);
        Assert.Equal((0, 0, 0, 100_000), (_book.HeldBy("a"), _book.ChargeOf("a"), _book.HeldBy("b"), _book.ChargeOf("b")));
    }

    [Fact]
    public void Nobody_there_for_hours_writes_all_that_is_due_and_a_slot_that_is_over_sells_nothing()
    {
        Ask(Markets.Bid("a", "1", 200, 50), -60_000);
        SlotBook late = Markets.Fold([new SlotOpened(1, Markets.At(-60_000), Markets.Offered), new RequestAccepted(2, Markets.At(-60_000), Markets.Bid("a", "1", 200, 50))]);
        Markets.Pass(late, 9999);
        Assert.Equal((SlotPhase.Running, 200, 40_000), (late.Phase, late.HeldBy("a"), late.ChargeOf("a")));
        Markets.Pass(_book, 3_600_000);
        Assert.Equal((SlotPhase.Ended, 0, 0), (_book.Phase, _book.SoldUnitsPerSecond, _book.ChargeOf("a")));
        Assert.Equal([new(2, "a", 0, 200, 0)], _book.Awards);
        Assert.Empty(SlotRule.Due(_book, Markets.Offered, Markets.At(3_700_000)));
    }

    [Fact]
    public void Limits_leave_room_to_withdraw_every_bid()
    {
        for (int i = 0; i < SlotRule.MaxBids; i++) Ask(Markets.Bid("a", $"{i}", 10, 50), -60_000);
        Assert.Equal(MarketOutcome.LimitReached, Markets.Ask(_book, Markets.Bid("a", "more", 10, 50), -60_000).Outcome);
        int key = 100;
        while (Markets.Ask(_book, Markets.Replace("a", $"{key++}", _book.BidsOf("a").Last().Number, 10, 60), -60_000).Outcome == MarketOutcome.Accepted)
        {
        }

        foreach (Bid bid in _book.BidsOf("a").ToArray()) Ask(Markets.Withdraw("a", $"{key++}", bid.Number), -60_000);
        Assert.Equal(0, _book.BidCount);
        Assert.Equal(MarketOutcome.LimitReached, Markets.Ask(_book, Markets.Cancel("a", $"{key}"), -60_000).Outcome);
        Assert.Equal(MarketOutcome.Accepted, Markets.Ask(_book, Markets.Bid("b", "1", 10, 50), -60_000).Outcome);
        Assert.Equal(MarketOutcome.LimitReached, Markets.Ask(_book, Markets.Buy("a", $"{key}", 10), -4000).Outcome);
    }

    /// <summary>Of two bids the replaced one costs nothing any more. Seen to fail with both of them counted.</summary>
    [Fact]
    public void A_bid_that_costs_all_it_may_can_be_replaced()
    {
        long price = PolicyLimits.MaxChargePerSecond / 250;
        Ask(Markets.Bid("a", "1", 250, price), -60_000);
        Assert.Equal(MarketOutcome.LimitReached, Markets.Ask(_book, Markets.Bid("a", "2", 1, price), -60_000).Outcome);
        Ask(Markets.Replace("a", "2", 2, 250, price), -60_000);
    }

    /// <summary>What stands can still be replaced, and so withdrawn. Seen to fail without the limit.</summary>
    [Fact]
    public void A_slot_that_is_full_of_bids_takes_no_more()
    {
        _book.Apply(new SlotOpened(1, Markets.At(-60_000), Markets.Offered));
        for (int i = 0; i < SlotRule.MaxSlotBids; i++)
            _book.Apply(new RequestAccepted(i + 2, Markets.At(-60_000), Markets.Bid($"m{i / SlotRule.MaxBids}", $"{i}", 1, 50)));
        Assert.Equal(MarketOutcome.LimitReached, Markets.Ask(_book, Markets.Bid("z", "1", 1, 50), -50_000).Outcome);
        Ask(Markets.Replace("m0", "r", 2, 1, 60), -50_000);
        Ask(Markets.Withdraw("m1", "w", 18), -50_000);
        Ask(Markets.Bid("z", "1", 1, 50), -50_000);
    }

    /// <summary>An old or foreign log is an error and never a book that sells too much. Seen to fail with each Require of SlotBook taken out.</summary>
    [Fact]
    public void A_log_that_cannot_be_is_an_error()
    {
        var opened = new SlotOpened(1, Markets.At(-60_000), Markets.Offered);
        var bid = new RequestAccepted(2, Markets.At(-50_000), Markets.Bid("a", "1", 10, 50));
        var cleared = new SlotCleared(3, Markets.At(-5000), 20, []);
        SlotEntry[][] wrong =
        [
            [bid], [opened, opened], [opened, bid with { Sequence = 3 }], [opened, bid with { At = Markets.At(-70_000) }], [opened, opened with { Sequence = 2 }],
            [opened, bid, bid with { Sequence = 3 }],
            [opened, bid, bid with { Sequence = 3, Request = Markets.Withdraw("a", "2", 9) }],
            [opened, bid with { Request = Markets.Buy("a", "1", 10) }],
            [opened, bid, cleared, cleared with { Sequence = 4 }],
            [opened, bid, cleared, new RequestAccepted(4, cleared.At, Markets.Bid("a", "2", 10, 50))],
            [opened, bid, new SlotStarted(3, Markets.At(0))], [opened, bid, cleared, new SlotEnded(4, Markets.At(0))],
            [opened, bid, cleared, new RequestAccepted(4, cleared.At, Markets.Buy("a", "2", 401))],
            [opened, bid, cleared with { Awards = [new(2, "a", 401, 0, 0)] }],
        ];
        foreach (SlotEntry[] entries in wrong)
        {
            SlotBook book = Markets.Fold(entries[..^1]);
            Assert.Throws<InvalidOperationException>(() => book.Apply(entries[^1]));
        }
    }

    private MarketAnswer Ask(MarketRequest request, long ms)
    {
        MarketAnswer answer = Markets.Ask(_book, request, ms);
        Assert.True(answer.Outcome == MarketOutcome.Accepted, answer.Reason);
        return answer;
    }
}
