using System.Diagnostics.CodeAnalysis;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using MarketOutcome = CoopGrid.Model.MarketOutcome;

namespace CoopGrid.Silo.Grpc;

/// <summary>The door to the capacity market.</summary>
internal sealed class MarketService(IGrainFactory grains, MemberGrains members, Coops coops, TimeProvider time) : Market.MarketBase
{
    private const int MaxSlots = 100;
    private const int DefaultSlots = 12;

    public override Task<MarketReply> PlaceBid(PlaceBidRequest request, ServerCallContext context) =>
        Ask(request.Coop, request.SlotStartsUnixMs, MarketMapping.ToRequest(request));

    public override Task<MarketReply> WithdrawBid(WithdrawBidRequest request, ServerCallContext context) =>
        Ask(request.Coop, request.SlotStartsUnixMs, MarketMapping.ToRequest(request));

    public override Task<MarketReply> CancelBids(CancelBidsRequest request, ServerCallContext context) =>
        Ask(request.Coop, request.SlotStartsUnixMs, MarketMapping.ToRequest(request));

    public override Task<MarketReply> Buy(BuyRequest request, ServerCallContext context) =>
        Ask(request.Coop, request.SlotStartsUnixMs, MarketMapping.ToRequest(request));

    public override async Task<Slot> GetSlot(GetSlotRequest request, ServerCallContext context)
    {
        SlotId slot = new(Named(request.Coop, request.Class), Start(request.SlotStartsUnixMs));
        return MarketMapping.ToReply(await InTime(SlotOf(slot).GetState()) ?? throw NoSlot(slot));
    }

    public override async Task<ListSlotsReply> ListSlots(ListSlotsRequest request, ServerCallContext context)
    {
        if (request.Limit is < 0 or > MaxSlots) throw Fail(StatusCode.InvalidArgument, $"limit must be 0 (the default) to {MaxSlots}.");
        ClassId id = Named(request.Coop, request.Class);
        ClassPolicies policies = await InTime(grains.GetGrain<IClassGrain>(id.ToString()).GetPolicies().AsTask())
            ?? throw Fail(StatusCode.NotFound, $"There is no class {id}.");
        MarketPolicy market = policies.Current.Market;
        Instant from = request.FromUnixMs == 0 ? Instant.Now(time) : Instant.FromUnixMs(Start(request.FromUnixMs));
        int limit = request.Limit == 0 ? DefaultSlots : request.Limit;
        SlotState?[] slots = await InTime(Task.WhenAll(market.StartsFrom(from).Take(limit).Select(starts => SlotOf(new(id, starts.UnixMs)).GetState())));
        var reply = new ListSlotsReply();
        reply.Slots.AddRange(slots.OfType<SlotState>().Where(slot => slot.SellableUnitsPerSecond > 0).Select(MarketMapping.ToReply));
        return reply;
    }

    public override async Task<Protocol.V1.Reservation> GetReservation(GetReservationRequest request, ServerCallContext context)
    {
        if (!await coops.ExistsAsync(request.Coop)) throw Fail(StatusCode.NotFound, $"There is no co-op '{request.Coop}'.");
        if (!Ids.IsName(request.Member)) throw Fail(StatusCode.InvalidArgument, AdmissionMapping.BadName("member"));
        string @class = await ClassOf(request.Coop, request.Member);
        if (@class.Length == 0) throw Fail(StatusCode.NotFound, $"There is no member '{request.Member}'.");
        SlotId slot = new(new(request.Coop, @class), Start(request.SlotStartsUnixMs));
        return MarketMapping.ToReply(await InTime(SlotOf(slot).GetReservation(request.Member)) ?? throw NoSlot(slot));
    }

    private async Task<MarketReply> Ask(string coop, long startsUnixMs, MarketRequest request)
    {
        MarketAnswer answer = await Decide(coop, startsUnixMs, request);
        return answer.Outcome switch
        {
            MarketOutcome.Invalid => throw Fail(StatusCode.InvalidArgument, answer.Reason),
            MarketOutcome.KeyConflict => throw Fail(StatusCode.AlreadyExists, answer.Reason),
            MarketOutcome.CoopUnknown => throw Fail(StatusCode.NotFound, answer.Reason),
            MarketOutcome.Unavailable => throw Fail(StatusCode.Unavailable, answer.Reason),
            _ => MarketMapping.ToReply(answer),
        };
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, no decision is known.")]
    private async Task<MarketAnswer> Decide(string coop, long startsUnixMs, MarketRequest request)
    {
        try
        {
            if (!await coops.ExistsAsync(coop)) return new() { Outcome = MarketOutcome.CoopUnknown, Reason = $"There is no co-op '{coop}'." };
            if (MarketMapping.Malformed(request, startsUnixMs) is { } malformed) return new() { Outcome = MarketOutcome.Invalid, Reason = malformed };
            string @class = await ClassOf(coop, request.Member);
            if (@class.Length == 0) return new() { Outcome = MarketOutcome.MemberUnknown, Reason = "No such member." };
            return await InTime(SlotOf(new(new(coop, @class), startsUnixMs)).Ask(request));
        }
        catch (Exception)
        {
            return new() { Outcome = MarketOutcome.Unavailable, Reason = AdmissionDesk.Unknown };
        }
    }

    private async Task<string> ClassOf(string coop, string member) => (await InTime(members.Of(new(coop, member)).GetState().AsTask())).Class;

    private ISlotGrain SlotOf(SlotId slot) => grains.GetGrain<ISlotGrain>(slot.ToString());

    private Task<T> InTime<T>(Task<T> answer) => answer.WaitAsync(AdmissionDesk.AnswerWithin, time);

    private static ClassId Named(string coop, string @class) => Ids.IsWord(coop) && Ids.IsWord(@class)
        ? new(coop, @class)
        : throw Fail(StatusCode.NotFound, $"There is no class '{coop}/{@class}'.");

    private static long Start(long unixMs) =>
        MarketMapping.IsTime(unixMs) ? unixMs : throw Fail(StatusCode.InvalidArgument, MarketMapping.BadTime);

    private static RpcException NoSlot(SlotId slot) => Fail(StatusCode.NotFound, $"Class {slot.Class} has no slot that starts at {slot.Starts}.");

    private static RpcException Fail(StatusCode code, string reason) => new(new Status(code, reason));
}
