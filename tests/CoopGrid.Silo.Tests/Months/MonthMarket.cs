using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Months;

/// <summary>
/// Couriers that bid for the next slot whose gate is open, three in each step for more than there is; change, withdraw and cancel bids; and buy what is left of the
/// slot whose gate has closed. What a bid comes to depends on the clock, so any outcome that fits one is good: the slots' books say what was done, and must have
/// what was accepted.
/// </summary>
/// <param name="name">Of this market among those that ask at the same time.</param>
internal sealed class MonthMarket(MonthGrid grid, string name)
{
    private const int StormSteps = 6;

    private readonly Random _random = new(11);
    private readonly List<(string Member, string Key)> _accepted = [];
    private int _steps;

    /// <summary>The requests that were answered as accepted.</summary>
    public IReadOnlyList<(string Member, string Key)> Accepted => _accepted;

    private static string Name(int courier) => MonthCharter.CourierNames[courier % MonthCharter.CourierNames.Length];

    public async Task StepAsync()
    {
        int step = _steps++;
        long now = grid.Now.ToUnixTimeMilliseconds();
        long open = (((now + MonthCharter.GateClosureMs) / MonthCharter.SlotMs) + 1) * MonthCharter.SlotMs;

        // Nobody bids for every third day: all of it is left to be bought.
        if (open / MonthCharter.SlotMs % 3 != 0) await BidAsync(step, open);
        if (open - MonthCharter.SlotMs is var sold && sold > now)
        {
            var buy = new BuyRequest { Coop = Charters.Coop, Member = Name(step + 4), SlotStartsUnixMs = sold, Key = $"buy {name}{step}", UnitsPerSecond = 1 };
            await AskAsync(buy.Member, buy.Key, door => door.BuyAsync(buy).ResponseAsync);
        }
    }

    /// <summary>Asks without a pause, for the time in which a silo dies.</summary>
    public async Task StormAsync()
    {
        for (int i = 0; i < StormSteps; i++) await StepAsync();
    }

    private async Task BidAsync(int step, long open)
    {
        long[] bids = new long[3];
        for (int i = 0; i < bids.Length; i++) bids[i] = await BidAsync(Name(step + i), open, $"bid {name}{step}/{i}", 0);
        if (step % 3 == 0) await BidAsync(Name(step), open, $"replace {name}{step}", bids[0]);
        if (step % 4 == 1 && bids[1] > 0)
        {
            string who = Name(step + 1);
            var withdraw = new WithdrawBidRequest { Coop = Charters.Coop, Member = who, SlotStartsUnixMs = open, Key = $"withdraw {name}{step}", Bid = bids[1] };
            await AskAsync(withdraw.Member, withdraw.Key, door => door.WithdrawBidAsync(withdraw).ResponseAsync);
        }

        if (step % 5 == 2)
        {
            var cancel = new CancelBidsRequest { Coop = Charters.Coop, Member = Name(step + 2), SlotStartsUnixMs = open, Key = $"cancel {name}{step}" };
            await AskAsync(cancel.Member, cancel.Key, door => door.CancelBidsAsync(cancel).ResponseAsync);
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
        return (await AskAsync(courier, key, door => door.PlaceBidAsync(bid).ResponseAsync)).Bid;
    }

    private async Task<MarketReply> AskAsync(string member, string key, Func<Protocol.V1.Market.MarketClient, Task<MarketReply>> ask)
    {
        MarketReply reply = await grid.Answered(key, door => ask(door.Market));
        Assert.True(
            reply.Outcome is MarketOutcome.Accepted or MarketOutcome.MemberExited or MarketOutcome.GateClosed or MarketOutcome.NotOnSale or MarketOutcome.SlotStarted
                or MarketOutcome.CapExceeded or MarketOutcome.SoldOut or MarketOutcome.LimitReached or MarketOutcome.BidUnknown,
            $"{key} is answered {reply}.");
        if (reply.Outcome == MarketOutcome.Accepted) _accepted.Add((member, key));
        return reply;
    }
}
