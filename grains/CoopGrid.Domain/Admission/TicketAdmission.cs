using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>
/// What tickets are in the table of SPEC.md §4 (§8).
/// <list type="number">
/// <item>A good ticket passes rows 4 to 7: its units were charged when it was issued, so its admission charges nothing, at multiplier 1000, and takes none of the
/// class's room (<see cref="TicketReserve"/>). It is remembered under its own key; its units stand as reserved.</item>
/// <item>A ticket that is early is answered <see cref="Outcome.Deferred"/> again, and not remembered: the same key is to be used in time.</item>
/// <item>A request that finds no room or too high a price is deferred by the ticket that its class cuts for it. Rows 1 to 5 are gone through again then; what
/// it uses of quota and baseline it uses now, and the rest is never surcharged. A ticket that the member holds already, under a key that is forgotten, is
/// told again and charged no more.</item>
/// <item>A ticket's units can be given back until it opens, all of them at once; from then on they count as used.</item>
/// </list>
/// </summary>
internal static class TicketAdmission
{
    /// <summary>Whether a request that is refused for room or price is to be asked a ticket for.</summary>
    public static bool IsFor(AdmissionRequest request, in Conditions now) => request.DeferUntilUnixMs != 0 && now.Policy.Deferral.HorizonMs > 0;

    /// <summary>Rows 4 to 8 for a request with a ticket; null if they apply to it as to any other.</summary>
    public static Decision? Redeem(MemberAccount account, AdmissionRequest request, long units, string? cost, in Conditions now)
    {
        if (request.Ticket.Length == 0 || cost is not null) return null;
        TicketDecision ticket = TicketRule.Redeem(account.Tickets, request.Ticket, units, now.Now);
        if (ticket.Outcome == TicketOutcome.TooEarly) return Again(ticket.Ticket!, ticket.Reason, now);
        if (ticket.Outcome != TicketOutcome.Good) return null;
        if (!now.Backed.Holds(ticket.Ticket!.Second))
        {
            const string unknown = "This silo has not heard that the room of the ticket's second is set aside; ask again with the same key.";
            return AdmissionRule.Refuse(Outcome.Unavailable, unknown, now, units);
        }

        long slice = now.SliceOf(account);
        long usage = account.UsageAt(slice);
        int lane = now.Policy.LaneIndex(request.Lane);
        var entry = new Admitted(
            account.Sequence + 1,
            now.Now,
            slice,
            now.Policy.Version,
            request.Key,
            Payload.Of(request),
            lane < 0 ? request.Lane : now.Policy.Lanes[lane].Name,
            1000,
            new Covered(0, units, 0, 0, 0),
            usage,
            AdmissionRule.BaselineLeft(usage, now.Policy),
            account.Quota.FlowTo(now.Now, now.Policy.Quota).SpentMicroUnits,
            request.Caller)
        { Ticket = request.Ticket, Bank = Settling.Changed(account, Settling.Before(account, now.Bank, slice)) };
        return new(entry.Answer(replayed: false), entry, default);
    }

    /// <summary>Row 7 for a request that the class has cut a ticket for.</summary>
    public static Decision Defer(
        MemberAccount account, AdmissionRequest request, Ticket cut, in Covered covered, in QuotaBucket quota, in BankAccount bank, in Conditions now)
    {
        if (account.Tickets.Find(cut.Number) is { } held) return Again(held, "", now, replayed: true);
        long slice = now.SliceOf(account);
        long usage = account.UsageAt(slice) + covered.Total;
        var entry = new Admitted(
            account.Sequence + 1,
            now.Now,
            slice,
            now.Policy.Version,
            request.Key,
            Payload.Of(request),
            now.Policy.Lanes[now.Policy.LaneIndex(request.Lane)].Name,
            1000,
            covered,
            usage,
            AdmissionRule.BaselineLeft(usage, now.Policy),
            quota.Spend(covered.Total, now.Policy.Quota).SpentMicroUnits,
            request.Caller)
        { Issued = cut with { Member = "", Key = request.Key }, Bank = Settling.Changed(account, bank) };
        return new(entry.Answer(replayed: false), entry, default);
    }

    /// <summary>Why the units of an admission cannot be given back for its ticket's sake; null if they can, or it has none.</summary>
    public static CancelAnswer? Keeps(MemberAccount account, Admitted admitted, long total, Instant now)
    {
        if (admitted.Ticket.Length > 0) return new(CancelOutcome.TicketOpened, 0, "The key redeemed a ticket: its units count as used.");
        if (admitted.Issued is not { } issued) return null;
        if (account.Tickets.Find(issued.Number) is not { IsOpen: true } || now >= issued.Opens)
            return new(CancelOutcome.TicketOpened, 0, $"The ticket could be given back until {issued.Opens}: its units count as used.");
        return total == admitted.Units ? null : new(CancelOutcome.UnitsOutOfRange, 0, $"A ticket is given back whole: name {admitted.Units} units, or 0 for all.");
    }

    private static Decision Again(Ticket ticket, string reason, in Conditions now, bool replayed = false)
    {
        Decision again = AdmissionRule.Refuse(Outcome.Deferred, reason, now, ticket.Units, Math.Max(0, ticket.Opens.UnixMs - now.Now.UnixMs));
        return again with
        {
            Answer = again.Answer with { Ticket = ticket.Text, NotBeforeUnixMs = ticket.Start.UnixMs, MultiplierPermille = 1000, Replayed = replayed },
        };
    }
}
