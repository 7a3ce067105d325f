using CoopGrid.Domain.Market;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;

namespace CoopGrid.Silo.Grpc;

/// <summary>The market between the wire and the model. The enums' numbers agree; a test holds them together.</summary>
internal static class MarketMapping
{
    // The end of the year 9999, which the longest slot still fits before.
    private const long LastUnixMs = 253_402_214_400_000;

    public const string BadTime = "A time in ms since the Unix epoch is needed, up to the year 9999.";

    public static bool IsTime(long unixMs) => unixMs is >= 0 and <= LastUnixMs;

    /// <summary>What is wrong with a request whatever the slot, or null.</summary>
    public static string? Malformed(MarketRequest request, long startsUnixMs) =>
        IsTime(startsUnixMs) ? RequestRules.Malformed(request) : BadTime;

    public static MarketRequest ToRequest(PlaceBidRequest request) => new()
    {
        Member = request.Member,
        Key = request.Key,
        Kind = request.Replaces == 0 ? MarketRequestKind.Bid : MarketRequestKind.Replace,
        Bid = request.Replaces,
        UnitsPerSecond = request.UnitsPerSecond,
        UnitPrice = request.UnitPrice,
    };

    public static MarketRequest ToRequest(WithdrawBidRequest request) =>
        new() { Member = request.Member, Key = request.Key, Kind = MarketRequestKind.Withdraw, Bid = request.Bid };

    public static MarketRequest ToRequest(CancelBidsRequest request) =>
        new() { Member = request.Member, Key = request.Key, Kind = MarketRequestKind.Cancel };

    public static MarketRequest ToRequest(BuyRequest request) =>
        new() { Member = request.Member, Key = request.Key, Kind = MarketRequestKind.Buy, UnitsPerSecond = request.UnitsPerSecond };

    public static MarketReply ToReply(MarketAnswer answer) => new()
    {
        Outcome = (Protocol.V1.MarketOutcome)(int)answer.Outcome,
        Replayed = answer.Replayed,
        Bid = answer.Bid,
        HeldUnitsPerSecond = answer.HeldUnitsPerSecond,
        UnitPrice = answer.UnitPrice,
        Charge = answer.Charge,
        MostUnitsPerSecond = answer.MostUnitsPerSecond,
        RetryAfterMs = answer.RetryAfterMs,
        Reason = answer.Reason,
    };

    public static Slot ToReply(SlotState slot) => new()
    {
        StartsUnixMs = slot.Slot.StartsUnixMs,
        EndsUnixMs = slot.Ends.UnixMs,
        OpensUnixMs = slot.Opens.UnixMs,
        GateClosesUnixMs = slot.GateCloses.UnixMs,
        Phase = (Protocol.V1.SlotPhase)(int)slot.Phase,
        SellableUnitsPerSecond = slot.SellableUnitsPerSecond,
        ReservePrice = slot.ReservePrice,
        MemberCapUnitsPerSecond = slot.MemberCapUnitsPerSecond,
        UnitPrice = slot.UnitPrice,
        SoldUnitsPerSecond = slot.SoldUnitsPerSecond,
        PolicyVersion = slot.PolicyVersion,
    };

    public static Protocol.V1.Reservation ToReply(Interfaces.Reservation reservation)
    {
        var reply = new Protocol.V1.Reservation
        {
            Slot = ToReply(reservation.Slot),
            HeldUnitsPerSecond = reservation.HeldUnitsPerSecond,
            ChargedUnitsPerSecond = reservation.Charge.UnitsPerSecond,
            Charge = reservation.Charge.Charge,
        };
        reply.Bids.AddRange(reservation.Bids.Select(bid => new StandingBid
        {
            Number = bid.Number,
            UnitsPerSecond = bid.UnitsPerSecond,
            UnitPrice = bid.UnitPrice,
            AtUnixMs = bid.At.UnixMs,
        }));
        reply.Results.AddRange(reservation.Awards.Select(award => new BidResult
        {
            Number = award.Number,
            WonUnitsPerSecond = award.WonUnitsPerSecond,
            RejectedUnitsPerSecond = award.RejectedUnitsPerSecond,
            OverCapUnitsPerSecond = award.OverCapUnitsPerSecond,
        }));
        return reply;
    }
}
