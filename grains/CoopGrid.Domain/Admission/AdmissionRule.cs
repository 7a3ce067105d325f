using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Market;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Domain.Admission;

/// <summary>
/// The table of SPEC.md §4. The answer is the first row that applies; each row is one guard clause, in the table's order. A refusal
/// changes nothing; the only thing taken here is the class's room, and only if the request is admitted.
/// </summary>
public static class AdmissionRule
{
    /// <summary>Decides one request of a member.</summary>
    /// <param name="account">The member; only its forgotten keys change.</param>
    /// <param name="plan">The class's lanes and thresholds.</param>
    /// <param name="room">Where room is taken.</param>
    public static Decision Decide(MemberAccount account, AdmissionRequest request, in Conditions now, CapacityPlan plan, IRoom room)
    {
        // Row 1: malformed whatever the policy.
        if (Malformed(request) is { } malformed) return Refuse(Outcome.Invalid, malformed, now);

        // Row 2: the key is known.
        account.Keys.Forget(now.Now.PlusMs(-now.Policy.DedupeWindowMs));
        if (account.Keys.Find(request.Key) is { } remembered) return Recall(remembered, request, now);

        // Row 3: the member.
        if (Membership(account, now) is { } status) return Refuse(status.Outcome, status.Reason, now);

        // Row 4: what the policy does not know or allow.
        int lane = now.Policy.LaneIndex(request.Lane);
        (long units, string? cost) = Costs.Of(request, now.Policy);
        if (TicketAdmission.Redeem(account, request, units, cost, now) is { } redeemed) return redeemed;
        if (Unfit(account, request, now.Policy, lane, units, cost, now.Now) is { } unfit) return Refuse(unfit.Outcome, unfit.Reason, now, units);

        // Row 5: the member's own limits. Units under a running reservation use none of them.
        LanePolicy lanePolicy = now.Policy.Lanes[lane];
        ReservedCover? reserved = now.Cut is null ? Reserved(account, units, lanePolicy, now) : null;
        long counted = reserved?.CountedUnits ?? units;
        long slice = now.SliceOf(account);
        long usage = account.UsageAt(slice);
        QuotaBucket quota = account.Quota.FlowTo(now.Now, now.Policy.Quota);
        if (counted > 0 && OverQuota(account, counted, quota, slice, now) is { } over)
            return over with { Answer = over.Answer with { Units = units } };

        // Row 6: the price.
        BankAccount bank = Settling.Before(account, now.Bank, slice);
        if (now.Cut is { } cut)
            return TicketAdmission.Defer(account, request, cut, Cover(units, usage, lanePolicy, bank, now with { MultiplierPermille = 1000 }), quota, bank, now);
        Covered covered = reserved?.Covered ?? Cover(units, usage, lanePolicy, bank, now);
        int multiplier = reserved is { Covered.Surged: > 0 } beyond ? beyond.MultiplierPermille : now.MultiplierPermille;
        int band = counted == 0 ? Bands.Protected : plan.BandFor(lane, Standing.BandOf(usage, now.Mean, now.Policy.Tariff.BaselineUnits));
        RoomRequest asked = new(lane, band, units) { Reserved = covered.Reserved };
        if (AboveLimit(request, covered, multiplier)) return TooDear(request, units, multiplier, now, asked);

        // Row 7: room, here and now; later, if there is a deadline.
        if (!room.TryTake(asked, now.MonotonicMicros)) return NoRoom(request, units, now, asked, room, lanePolicy.Name);

        // Row 8: charged once.
        long usageAfter = usage + counted;
        var entry = new Admitted(
            account.Sequence + 1,
            now.Now,
            slice,
            now.Policy.Version,
            request.Key,
            Payload.Of(request),
            lanePolicy.Name,
            multiplier,
            covered,
            usageAfter,
            BaselineLeft(usageAfter, now.Policy),
            quota.Spend(counted, now.Policy.Quota).SpentMicroUnits,
            request.Caller)
        {
            Bank = Settling.Changed(account, bank.Spend(covered.Banked)),
            Reservation = covered.Exempt > 0 ? null : reserved?.Use,
        };
        return new(entry.Answer(replayed: false), entry, asked);
    }

    /// <summary>Row 1: what is wrong with a request whatever the policy says, or null.</summary>
    public static string? Malformed(AdmissionRequest request)
    {
        if (string.IsNullOrEmpty(request.Key)) return "A key is needed: it names the send, so that a retry is charged once.";
        if (!Ids.IsName(request.Key)) return $"The key must be 1 to {Ids.MaxBytes} bytes without control characters.";
        if (request.Units < 0) return "Units must be above 0.";
        if (request.Units == 0 && request.Dimensions.IsEmpty) return "Units above 0 or dimensions are needed.";
        if (request.Units != 0 && !request.Dimensions.IsEmpty) return "Give either units or dimensions, not both.";
        foreach (DimensionQuantity dimension in request.Dimensions)
        {
            if (dimension.Quantity <= 0) return $"Dimension '{dimension.Dimension}' must be above 0.";
        }

        if (request.MaxMultiplierPermille < 0) return "The multiplier limit must be 0 (none) or above.";
        if (request.MaxWaitMs < 0) return "The longest wait must be 0 ms or above.";
        return request.DeferUntilUnixMs < 0 ? "The deferral deadline must be 0 (none) or a Unix time in ms." : null;
    }

    /// <summary>What is left of the baseline at a usage of <paramref name="usage"/>.</summary>
    public static long BaselineLeft(long usage, ClassPolicy policy) => Math.Max(0, policy.Tariff.BaselineUnits - usage);

    private static Decision Recall(Remembered remembered, AdmissionRequest request, in Conditions now)
    {
        if (remembered.Admitted.Payload != Payload.Of(request))
            return Refuse(Outcome.KeyConflict, "The key was used with another lane, other units or another ticket. Use a new key for a new send.", now);
        if (remembered.IsSpent)
            return Refuse(Outcome.KeyCancelled, "The key's admission was cancelled. Use a new key to send again.", now);
        return new(remembered.Admitted.Answer(replayed: true), null, default);
    }

    private static (Outcome Outcome, string Reason)? Membership(MemberAccount account, in Conditions now) => account.Status switch
    {
        MemberStatus.Active => now.SuspendedFor is { } emergency ? (Outcome.MemberSuspended, $"The member is suspended in an emergency: {emergency}") : null,
        MemberStatus.Suspended => (Outcome.MemberSuspended, $"The member is suspended: {account.StatusReason}"),
        MemberStatus.Exited => (Outcome.MemberExited, "The member has left the co-op."),
        _ => (Outcome.MemberUnknown, "No such member."),
    };

    private static (Outcome Outcome, string Reason)? Unfit(
        MemberAccount account, AdmissionRequest request, ClassPolicy policy, int lane, long units, string? cost, Instant now)
    {
        if (policy.Entry == UsageEntry.Metered)
            return (Outcome.Invalid, "This class counts meters' reports: use Metering.ReportUsage.");
        if (cost is not null) return (Outcome.Invalid, cost);
        if (units > policy.Capacity.MaxRequestUnits)
            return (Outcome.Invalid, $"{units} units are over this class's largest request of {policy.Capacity.MaxRequestUnits}: split the send.");
        if (lane < 0)
            return (Outcome.LaneUnknown, $"No lane '{request.Lane}'; there are {string.Join(", ", policy.Lanes.Select(l => l.Name))}.");
        if (policy.Lanes[lane].NeedsEntitlement && !account.IsEntitledTo(policy.Lanes[lane].Name))
            return (Outcome.LaneForbidden, $"The member is not entitled to the lane '{policy.Lanes[lane].Name}'.");
        return request.Ticket.Length > 0 ? (Outcome.TicketInvalid, TicketRule.Redeem(account.Tickets, request.Ticket, units, now).Reason) : null;
    }

    private static Decision? OverQuota(MemberAccount account, long units, QuotaBucket quota, long slice, in Conditions now)
    {
        QuotaPolicy limits = now.Policy.Quota;
        long wait = quota.MsUntil(units, limits);
        if (wait > 0)
        {
            string reason = $"The member's own rate is {limits.UnitsPerSecond} units/s with a burst of {limits.BurstUnits}.";
            return Refuse(Outcome.QuotaExceeded, reason, now, units, wait);
        }

        long most = limits.WindowUnits - units;
        if (limits.WindowUnits == 0 || account.UsageAt(slice) <= most) return null;
        if (most < 0) return Refuse(Outcome.QuotaExceeded, $"The member's own limit is {limits.WindowUnits} units in the window; ask for less.", now, units);
        long room = now.Policy.Window.StartOf(account.SliceWithAtMost(most, slice)).UnixMs - now.Now.UnixMs;
        return Refuse(Outcome.QuotaExceeded, $"The member's own limit is {limits.WindowUnits} units in the window.", now, units, Math.Max(1, room));
    }

    private static Covered Cover(long units, long usage, LanePolicy lane, in BankAccount bank, in Conditions now) =>
        Covering.Of(units, new(lane.SurgeExempt, 0, BaselineLeft(usage, now.Policy), bank.Held, now.MultiplierPermille));

    // Null if no reservation of the member runs.
    private static ReservedCover? Reserved(MemberAccount account, long units, LanePolicy lane, in Conditions now) => now.Reserved.UnitsPerSecond == 0
        ? null
        : ReservationCover.Of(
            units, lane.SurgeExempt, (now.Reserved, account.Reservation), (now.Policy.Market.OveragePermille, now.MultiplierPermille), now.Now);

    private static bool AboveLimit(AdmissionRequest request, Covered covered, int multiplier) =>
        request.MaxMultiplierPermille != 0 && covered.Surged > 0 && multiplier > request.MaxMultiplierPermille;

    // With a deadline a price above the limit is a matter of row 7: without tickets to give, the class has no room for it.
    private static Decision TooDear(AdmissionRequest request, long units, int multiplier, in Conditions now, in RoomRequest asked)
    {
        string price = $"The multiplier is {multiplier} ‰, over the limit of {request.MaxMultiplierPermille} ‰";
        long next = (now.Policy.Price.ControlPeriodMs * (now.Period + 1)) - now.Now.UnixMs;
        Decision refusal = request.DeferUntilUnixMs == 0
            ? Refuse(Outcome.PriceAboveLimit, $"{price}.", now, units, Math.Max(1, next))
            : Refuse(Outcome.CapacityExceeded, $"{price}, and this class gives no tickets for later.", now, units, Math.Max(1, next));
        return refusal with { Asked = asked, MayDefer = TicketAdmission.IsFor(request, now), Answer = refusal.Answer with { MultiplierPermille = multiplier } };
    }

    private static Decision NoRoom(AdmissionRequest request, long units, in Conditions now, in RoomRequest asked, IRoom room, string lane)
    {
        string reason = asked.Band == Standing.Protected
            ? $"The class is full: protected demand alone exceeds what lane '{lane}' can have."
            : "The class is full for members above the mean: those nearest the mean go first.";
        return Refuse(Outcome.CapacityExceeded, reason, now, units, room.RetryAfterMs(asked, now.MonotonicMicros)) with
        {
            Asked = asked,
            LacksRoom = true,
            MayDefer = TicketAdmission.IsFor(request, now),
        };
    }

    internal static Decision Refuse(Outcome outcome, string reason, in Conditions now, long units = 0, long retryAfterMs = 0)
    {
        var answer = new AdmissionAnswer
        {
            Outcome = outcome,
            Reason = reason,
            Units = units,
            RetryAfterMs = retryAfterMs,
            MultiplierPermille = now.MultiplierPermille,
            PolicyVersion = now.Policy.Version,
        };
        return new(answer, null, default);
    }
}
