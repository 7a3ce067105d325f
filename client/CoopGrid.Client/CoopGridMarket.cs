using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>The capacity market. Every request has a key, so it is repeated while nothing is known, and counts once.</summary>
public sealed class CoopGridMarket
{
    private readonly RetryLoop _loop;

    internal CoopGridMarket(RetryLoop loop) => _loop = loop;

    /// <summary>Bids for a slot, or changes a bid, until its gate closes.</summary>
    public Task<MarketReply> PlaceBidAsync(PlaceBidRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).PlaceBidAsync(request, o), stop);

    /// <summary>Takes one bid back.</summary>
    public Task<MarketReply> WithdrawBidAsync(WithdrawBidRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).WithdrawBidAsync(request, o), stop);

    /// <summary>Takes all of a member's bids for a slot back.</summary>
    public Task<MarketReply> CancelBidsAsync(CancelBidsRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).CancelBidsAsync(request, o), stop);

    /// <summary>Buys unsold capacity at the clearing price, until the slot starts.</summary>
    public Task<MarketReply> BuyAsync(BuyRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).BuyAsync(request, o), stop);

    /// <summary>A slot as anyone may see it.</summary>
    public Task<Slot> GetSlotAsync(GetSlotRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetSlotAsync(request, o), stop);

    /// <summary>A class's slots in their order.</summary>
    public Task<ListSlotsReply> ListSlotsAsync(ListSlotsRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).ListSlotsAsync(request, o), stop);

    /// <summary>One member's part of a slot.</summary>
    public Task<Reservation> GetReservationAsync(GetReservationRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetReservationAsync(request, o), stop);

    private static Market.MarketClient Of(CallInvoker invoker) => new(invoker);
}
