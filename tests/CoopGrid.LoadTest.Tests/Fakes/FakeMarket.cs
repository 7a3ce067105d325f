using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Tests.Fakes;

/// <summary>A market that takes every bid and has nothing left to buy.</summary>
internal sealed class FakeMarket(FakeGrid grid) : Market.MarketBase
{
    private static readonly Slot Slot = new() { StartsUnixMs = 1_800_000_000_000, Phase = SlotPhase.OnSale, SellableUnitsPerSecond = 400, SoldUnitsPerSecond = 400 };

    public override Task<MarketReply> PlaceBid(PlaceBidRequest request, ServerCallContext context)
    {
        grid.LastBid = request;
        return Task.FromResult(new MarketReply { Outcome = MarketOutcome.Accepted, Bid = 2 });
    }

    public override Task<MarketReply> WithdrawBid(WithdrawBidRequest request, ServerCallContext context) =>
        Task.FromResult(new MarketReply { Outcome = request.Bid == 2 ? MarketOutcome.Accepted : MarketOutcome.BidUnknown });

    public override Task<MarketReply> CancelBids(CancelBidsRequest request, ServerCallContext context) =>
        Task.FromResult(new MarketReply { Outcome = MarketOutcome.Accepted });

    public override Task<MarketReply> Buy(BuyRequest request, ServerCallContext context) =>
        Task.FromResult(new MarketReply { Outcome = MarketOutcome.SoldOut, Reason = "Nothing is left." });

    public override Task<Slot> GetSlot(GetSlotRequest request, ServerCallContext context) => request.Class == FakeGrid.Class
        ? Task.FromResult(Slot)
        : throw new RpcException(new Status(StatusCode.NotFound, "No such slot."));

    public override Task<ListSlotsReply> ListSlots(ListSlotsRequest request, ServerCallContext context) =>
        Task.FromResult(new ListSlotsReply { Slots = { Slot } });

    public override Task<Reservation> GetReservation(GetReservationRequest request, ServerCallContext context) =>
        Task.FromResult(new Reservation { Slot = Slot, Bids = { new StandingBid { Number = 2 } }, Results = { new BidResult { Number = 2 } } });
}
