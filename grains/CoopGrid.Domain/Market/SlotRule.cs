using System.Collections.Immutable;
using CoopGrid.Domain.Governance;
using CoopGrid.Model;

namespace CoopGrid.Domain.Market;

/// <summary>
/// What becomes of a request to one slot's market (SPEC.md §7). The answer is the first guard that applies, in the order of
/// <see cref="MarketOutcome"/>. A refusal changes nothing; only what is accepted is remembered by its key.
/// 1. Never oversold, and no member over its cap, whatever was repeated, lost, replayed or asked at once.
/// 2. A key is accepted once: asked again it is answered the same, asked otherwise it is refused.
/// 3. Time never goes back in a book: what closed stays closed.
/// 4. What time has made due (opening, clearing, start, end) is written before what is asked now, so nothing waits for a timer.
/// 5. What a member has to pay is at most <see cref="PolicyLimits.MaxChargePerSecond"/> a second.
/// </summary>
public static class SlotRule
{
    /// <summary>Most bids of one member that stand at once.</summary>
    public const int MaxBids = 16;

    /// <summary>Most bids of a slot that stand at once.</summary>
    public const int MaxSlotBids = 100_000;

    /// <summary>Most requests of one member that are accepted for one slot: their keys are kept as long as its book.</summary>
    public const int MaxRequests = 256;

    /// <summary>Decides one request.</summary>
    /// <param name="book">The slot's book; it is not changed. The decision's entries are to be stored and then applied.</param>
    /// <param name="status">Where the member stands.</param>
    /// <param name="offered">What the policy in force offers for the slot; used if the book is not opened yet.</param>
    public static SlotDecision Decide(SlotBook book, MarketRequest request, MemberStatus status, SlotTerms offered, Instant now)
    {
        if (RequestRules.Malformed(request) is { } malformed) return Refuse(MarketOutcome.Invalid, malformed);
        if (book.TryRecall(request.Member, request.Key, out RememberedRequest known)) return Recall(known, request);
        if (Membership(status) is { } member) return member;

        SlotTerms terms = book.Terms ?? offered;
        Instant at = Instant.Max(now, book.LastAt);
        if (terms.SellableUnitsPerSecond == 0) return Refuse(MarketOutcome.NoMarket, "This class sells no reservations.");
        if (at < terms.Opens) return Refuse(MarketOutcome.SlotNotOpen, $"Slot {terms.Slot} opens for bids at {terms.Opens}.", MsUntil(terms.Opens, at));

        ImmutableArray<SlotEntry> due = Due(book, offered, now);
        if (!due.IsEmpty) book = book.After(due);
        if (OutOfTime(request, terms, at) is { } early) return early;
        if ((request.Kind == MarketRequestKind.Buy ? Buying(book, request) : Bidding(book, request)) is { } refusal) return refusal;

        var entry = new RequestAccepted(book.Sequence + 1, at, request);
        return new(book.ToRemember(entry).Answer(replayed: false), [.. due, entry]);
    }

    /// <summary>
    /// What time has made due, in order; mostly nothing. It is asked before a deadline is told (a clearing price at the gate, reservations at
    /// the start), and by <see cref="Decide"/>.
    /// </summary>
    /// <param name="offered">What the policy offers: a book that was never opened is opened under it.</param>
    public static ImmutableArray<SlotEntry> Due(SlotBook book, SlotTerms offered, Instant now)
    {
        SlotTerms terms = book.Terms ?? offered;
        Instant at = Instant.Max(now, book.LastAt);
        ImmutableArray<SlotEntry>.Builder due = ImmutableArray.CreateBuilder<SlotEntry>();
        if (book.Phase < SlotPhase.Bidding) due.Add(new SlotOpened(book.Sequence + 1, at, terms));
        if (book.Phase < SlotPhase.OnSale && at >= terms.GateCloses)
        {
            // A slot that is over can guarantee nothing: found only now, it sells nothing.
            ClearingResult result = Clearing.Clear(book.StandingBids(), at < terms.Ends ? terms : terms with { SellableUnitsPerSecond = 0 });
            due.Add(new SlotCleared(Next(), at, result.UnitPrice, result.Awards));
        }

        if (book.Phase < SlotPhase.Running && at >= terms.Starts) due.Add(new SlotStarted(Next(), at));
        if (book.Phase < SlotPhase.Ended && at >= terms.Ends) due.Add(new SlotEnded(Next(), at));
        return due.DrainToImmutable();

        long Next() => book.Sequence + due.Count + 1;
    }

    /// <summary>Takes all that a member has in the slot, because it leaves the co-op; null if there is nothing to take.</summary>
    public static MemberRevoked? Revoke(SlotBook book, string member, Instant now) =>
        book.HeldBy(member) > 0 || book.BidsOf(member).Count > 0 ? new(book.Sequence + 1, Instant.Max(now, book.LastAt), member) : null;

    private static SlotDecision Recall(in RememberedRequest known, MarketRequest request) => known.Request == request
        ? new(known.Answer(replayed: true), [])
        : Refuse(MarketOutcome.KeyConflict, "The key was used for something else in this slot. Use a new key for a new request.");

    private static SlotDecision? Membership(MemberStatus status) => status switch
    {
        MemberStatus.Active => null,
        MemberStatus.Suspended => Refuse(MarketOutcome.MemberSuspended, "The member is suspended."),
        MemberStatus.Exited => Refuse(MarketOutcome.MemberExited, "The member has left the co-op."),
        _ => Refuse(MarketOutcome.MemberUnknown, "No such member."),
    };

    private static SlotDecision? OutOfTime(MarketRequest request, SlotTerms terms, Instant at)
    {
        if (request.Kind != MarketRequestKind.Buy)
        {
            if (at < terms.GateCloses) return null;
            string left = at < terms.Starts ? "; what is unsold can be bought until the slot starts" : "";
            return Refuse(MarketOutcome.GateClosed, $"The gate of slot {terms.Slot} closed at {terms.GateCloses}: what was bid stands{left}.");
        }

        if (at < terms.GateCloses)
        {
            string reason = $"Slot {terms.Slot} is cleared at {terms.GateCloses}: bid until then, or buy what is left after it.";
            return Refuse(MarketOutcome.NotOnSale, reason, MsUntil(terms.GateCloses, at));
        }

        return at >= terms.Starts ? Refuse(MarketOutcome.SlotStarted, $"Slot {terms.Slot} started at {terms.Starts}: take a later one.") : null;
    }

    private static SlotDecision? Bidding(SlotBook book, MarketRequest request)
    {
        SlotMember? member = book.Find(request.Member);
        SlotTerms terms = book.Terms!;
        Bid named = default;
        if (request.Kind is MarketRequestKind.Replace or MarketRequestKind.Withdraw && !(member?.Bids.TryGetValue(request.Bid, out named) ?? false))
            return Refuse(MarketOutcome.BidUnknown, $"The member has no bid {request.Bid} in slot {terms.Slot}.");
        if (request.Kind is MarketRequestKind.Withdraw or MarketRequestKind.Cancel) return TooMany(member, MaxRequests);
        if (request.UnitPrice < terms.ReservePrice)
            return Refuse(MarketOutcome.PriceBelowReserve, $"The reserve price is {terms.ReservePrice} micro-credits per unit.");

        // Bids may use the limit up only so far that all of them can still be withdrawn.
        if (TooMany(member, MaxRequests - MaxBids) is { } tooMany) return tooMany;
        if (request.Kind == MarketRequestKind.Bid && member?.Bids.Count >= MaxBids)
            return Refuse(MarketOutcome.LimitReached, $"A member has at most {MaxBids} bids in a slot: replace or withdraw one.");
        if (request.Kind == MarketRequestKind.Bid && book.BidCount >= MaxSlotBids)
            return Refuse(MarketOutcome.LimitReached, $"The slot has {MaxSlotBids} bids: buy what is unsold once it is cleared.");

        long cap = terms.MemberCapUnitsPerSecond;
        Int128 cost = (member?.BidPerSecond(cap) ?? 0) + SlotMember.PerSecond(request.UnitPrice, request.UnitsPerSecond, cap)
            - SlotMember.PerSecond(named.UnitPrice, named.UnitsPerSecond, cap);
        return cost > PolicyLimits.MaxChargePerSecond ? TooDear() : null;
    }

    private static SlotDecision? Buying(SlotBook book, MarketRequest request)
    {
        SlotMember? member = book.Find(request.Member);
        SlotTerms terms = book.Terms!;
        long held = member?.HeldUnitsPerSecond ?? 0;
        long left = terms.SellableUnitsPerSecond - book.SoldUnitsPerSecond;
        long most = Math.Min(left, terms.MemberCapUnitsPerSecond - held);
        if (TooMany(member, MaxRequests) is { } tooMany) return tooMany;
        if ((Int128)book.UnitPrice * (held + request.UnitsPerSecond) > PolicyLimits.MaxChargePerSecond) return TooDear();
        if (held + request.UnitsPerSecond > terms.MemberCapUnitsPerSecond)
        {
            string cap = $"A member holds at most {terms.MemberCapUnitsPerSecond} units/s of a slot; this one holds {held}.";
            return Refuse(MarketOutcome.CapExceeded, cap, most: most);
        }

        return request.UnitsPerSecond > left
            ? Refuse(MarketOutcome.SoldOut, $"{left} of {terms.SellableUnitsPerSecond} units/s are unsold: ask for no more, or take a later slot.", most: most)
            : null;
    }

    private static SlotDecision? TooMany(SlotMember? member, int most) => member?.Requests.Count >= most
        ? Refuse(MarketOutcome.LimitReached, $"A member has at most {MaxRequests} requests in a slot, the last {MaxBids} to withdraw bids, cancel or buy.")
        : null;

    private static SlotDecision TooDear() =>
        Refuse(MarketOutcome.LimitReached, $"A member's reservations may cost at most {PolicyLimits.MaxChargePerSecond} micro-credits a second, all its bids together.");

    private static long MsUntil(Instant then, Instant now) => Math.Max(1, then.UnixMs - now.UnixMs);

    private static SlotDecision Refuse(MarketOutcome outcome, string reason, long retryAfterMs = 0, long most = 0) =>
        new(new() { Outcome = outcome, Reason = reason, RetryAfterMs = retryAfterMs, MostUnitsPerSecond = Math.Max(0, most) }, []);
}

/// <summary>What a request comes to.</summary>
/// <param name="Answer">What the member is told, once the entries are stored.</param>
/// <param name="Entries">What is to be stored and applied, in order; empty for refusals and replays.</param>
public readonly record struct SlotDecision(MarketAnswer Answer, ImmutableArray<SlotEntry> Entries);
