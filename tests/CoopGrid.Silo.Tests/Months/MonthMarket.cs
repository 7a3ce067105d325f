using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>
/// Couriers that bid for the next slot whose gate is open, three in each step for more than there is; change, withdraw and cancel bids; and buy what is left of the
/// slot whose gate has closed. What a bid comes to depends on the clock, so any outcome that fits one is good: the slots' books say what was done.
/// </summary>
internal sealed class MonthMarket(MonthGrid grid)
{
    private readonly Random _random = new(11);
    private int _steps;

    private static string Name(int courier) => MonthCharter.CourierNames[courier % MonthCharter.CourierNames.Length];

    public async Task StepAsync()
    {
        int step = _steps++;
        long now = grid.Now.ToUnixTimeMilliseconds();
        long open = (((now + MonthCharter.GateClosureMs) / MonthCharter.SlotMs) + 1) * MonthCharter.SlotMs;
        long[] bids = new long[3];
        for (int i = 0; i < bids.Length; i++) bids[i] = await BidAsync(Name(step + i), open, $"bid {step}/{i}", 0);
        if (step % 3 == 0) await BidAsync(Name(step), open, $"replace {step}", bids[0]);
        if (step % 4 == 1 && bids[1] > 0)
        {
            var withdraw = new WithdrawBidRequest { Coop = Charters.Coop, Member = Name(step + 1), SlotStartsUnixMs = open, Key = $"withdraw {step}", Bid = bids[1] };
            await AskAsync(withdraw.Key, door => door.WithdrawBidAsync(withdraw).ResponseAsync);
        }

        if (step % 5 == 2)
        {
            var cancel = new CancelBidsRequest { Coop = Charters.Coop, Member = Name(step + 2), SlotStartsUnixMs = open, Key = $"cancel {step}" };
            await AskAsync(cancel.Key, door => door.CancelBidsAsync(cancel).ResponseAsync);
        }

        if (open - MonthCharter.SlotMs is var sold && sold > now)
        {
            var buy = new BuyRequest { Coop = Charters.Coop, Member = Name(step + 4), SlotStartsUnixMs = sold, Key = $"buy {step}", UnitsPerSecond = 1 };
            await AskAsync(buy.Key, door => door.BuyAsync(buy).ResponseAsync);
        }
    }

    private async Task<long> BidAsync(string courier, long starts, string key, long replaces)
    {
        var bid = new PlaceBidRequest
        {
            Coop = Charters.Coop,
            Member = courier,
            SlotStartsUnixMs = starts,
            Key = key,
            UnitsPerSecond = _random.Next(1, 5),
            UnitPrice = _random.Next(20, 60),
            Replaces = replaces,
        };
        return (await AskAsync(key, door => door.PlaceBidAsync(bid).ResponseAsync)).Bid;
    }

    private async Task<MarketReply> AskAsync(string what, Func<Protocol.V1.Market.MarketClient, Task<MarketReply>> ask)
    {
        MarketReply reply = await grid.Answered(what, door => ask(door.Market));
        Assert.True(
            reply.Outcome is MarketOutcome.Accepted or MarketOutcome.MemberExited or MarketOutcome.GateClosed or MarketOutcome.NotOnSale or MarketOutcome.SlotStarted
                or MarketOutcome.CapExceeded or MarketOutcome.SoldOut or MarketOutcome.LimitReached or MarketOutcome.BidUnknown,
            $"{what} is answered {reply}.");
        return reply;
    }
}
