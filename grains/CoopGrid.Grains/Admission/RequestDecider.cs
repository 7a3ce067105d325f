using System.Diagnostics.CodeAnalysis;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Admission;

/// <summary>
/// Decides a member's requests for the activation that owns its claim: one synchronous step under the claim's gate, waits for room
/// before it and for the commit after it. Any thread may ask, so a door in this silo does so without a grain call.
/// </summary>
/// <param name="claim">The member's account.</param>
/// <param name="owner">The activation; while another one owns the claim nothing is decided (L4).</param>
internal sealed class RequestDecider(MemberClaim claim, IClaimOwner owner, ClassGate gate, AccountLedger ledger, GridClock clock) : IRequestDecider
{
    internal const string NotDurable = "The decision could not be made durable in time; ask again with the same key.";
    internal const string NotNow = "The grid cannot record decisions now; ask again with the same key.";
    internal const string NotHere = "The member's account has moved; ask again with the same key.";

    private const string NotHeard = "The class could not be asked for a ticket in time; ask again with the same key.";

    private static readonly TimeSpan ClassAnswersWithin = TimeSpan.FromSeconds(1);

    /// <summary>Nothing was decided: ask the member's grain.</summary>
    internal static readonly AdmissionAnswer Elsewhere = AdmissionAnswer.Refused(Outcome.Unavailable, NotHere) with { Moved = true };

    // The account as it was when the activation came.
    private readonly long _sequence = claim.Account.Sequence;

    private long _usedMicros = clock.Read().Micros;
    private volatile bool _wasUsed;

    public ClassGate Gate => gate;

    /// <summary>Whether the activation owns the claim. Call under the claim's gate.</summary>
    public bool IsOwner
    {
        get
        {
            if (ReferenceEquals(claim.Owner, owner)) return true;
            owner.Moved();
            return false;
        }
    }

    /// <summary>Whether nobody has sent anything since the activation came, and nothing would be lost with it. Call under the claim's gate.</summary>
    public bool IsIdle => !_wasUsed && claim.Account.Sequence == _sequence && claim.IsSaved;

    /// <summary>The activation was called.</summary>
    public void Used()
    {
        _wasUsed = true;
        Volatile.Write(ref _usedMicros, clock.Read().Micros);
    }

    /// <summary>Whether the activation was called lately, so that the silo does not collect it as idle.</summary>
    public bool IsUsed(TimeSpan within) => clock.Read().Micros - Volatile.Read(ref _usedMicros) < within.TotalMicroseconds;

    public ValueTask<AdmissionPledge> Pledge(AdmissionRequest request)
    {
        Step step = Decide(request, granted: null, spend: true);
        return step.IsLast ? new(PledgeOf(step)) : PledgeLater(request, step);
    }

    public AdmissionPledge PledgeAtOnce(AdmissionRequest request)
    {
        Step step = Decide(request, granted: null, spend: true);
        return step.IsLast ? PledgeOf(step) : new(Elsewhere, null);
    }

    public async ValueTask<AdmissionAnswer> Admit(AdmissionRequest request) => await (await Pledge(request)).Settled();

    public async ValueTask<AdmissionAnswer> Quote(AdmissionRequest request)
    {
        Step step = Decide(request, granted: null, spend: false);
        if (!step.Defers) return await PledgeOf(step).Settled();
        AdmissionAnswer answer = (await DecideWithTicket(request, step, spend: false)).Answer;
        return answer with { Ticket = "" };
    }

    /// <summary>What a decision at a moment goes by. Call under the claim's gate.</summary>
    public (Conditions Now, PolicyPlan Plan) Conditions(Reading? at = null)
    {
        Reading reading = at ?? clock.Read();
        ClassView view = gate.View;
        long mark = gate.Mark;
        PolicyPlan plan = gate.PlanAt(view, claim.Account.SliceFor(view.Policies.Current.Window.SliceAt(reading.Now), mark));
        Conditions now = view.Conditions(reading, plan, mark, claim.Member.Member);
        if (gate.Reservations.Running(reading.Now) is { } slot) now = now with { Reserved = slot.RateOf(claim.Member.Member) };
        return (now, plan);
    }

    private Step Decide(AdmissionRequest request, Granted? granted, bool spend, bool mayWait = true, TicketReply? told = null)
    {
        lock (claim.Gate)
        {
            if (!IsOwner) return new(Elsewhere, null);
            if (!ledger.CanDecide) return new(AdmissionAnswer.Refused(Outcome.Unavailable, NotNow), null);
            (Conditions now, PolicyPlan plan) = Conditions(granted?.At);
            now = now with { Cut = CutBy(told, request) };
            IRoom room = granted ?? (spend ? gate.RoomFor(plan.Plan) : gate.LookAt(plan.Plan));
            Decision decision = AdmissionRule.Decide(claim.Account, request, now, plan.Plan, room);
            if (spend && decision.Asked.Reserved > 0)
                gate.CountReserved(claim.Member.Member, decision.Entry is null ? 0 : decision.Asked.Reserved, now.Now);

            // A remembered answer rests on an entry that may not be committed yet (L1).
            if (decision.Answer.Replayed || decision.Answer.Outcome == Outcome.KeyCancelled) return new(decision.Answer, claim.LastCommit);
            if (told is not null && decision.MayDefer) decision = decision with { Answer = decision.Answer with { Reason = told.Reason } };
            bool defers = decision.MayDefer && told is null && gate.Tickets is not null;
            if (!spend) return new(decision.Answer, null) { Defers = defers, Asked = decision.Asked, Plan = plan };
            return decision.Entry is { } entry
                ? Admit(request, entry, decision, now, told)
                : Proven(Refuse(request, decision, now, plan, mayWait: mayWait && granted is null, defers));
        }
    }

    private Step Admit(AdmissionRequest request, Admitted entry, in Decision decision, in Conditions now, TicketReply? told)
    {
        if (ledger.Record(claim, entry, gate) is not { } commit)
        {
            // A mark came between: the same room serves the decision that keeps it (L5a).
            var room = new Granted(new Reading(now.Now, now.MonotonicMicros), new(decision.Answer, null, Asked: decision.Asked));
            return gate.Mark > now.Mark
                ? Decide(request, room, spend: true, told: told)
                : new(AdmissionAnswer.Refused(Outcome.Unavailable, NotNow), null);
        }

        // What a ticket holds is demand when it comes, and rests on its entry: a crash must not bring the ticket back.
        if (entry.Ticket.Length > 0) gate.CountRedeemed(entry.Lane, now.Period, entry.Units);
        if (entry.Issued is not null || entry.Ticket.Length > 0) return new(decision.Answer, commit);
        long demanded = claim.Account.Refused?.Admit(now.Period, entry.Key, entry.Units) ?? entry.Units;
        gate.Count(decision.Asked, entry.Lane, admitted: true, now.Period, demanded);
        bool relaxed = request.Relaxed && now.Policy.RelaxedAllowed && gate.AllowsRelaxed(now.MonotonicMicros);
        return new(decision.Answer, relaxed ? null : commit);
    }

    private Step Refuse(AdmissionRequest request, in Decision decision, in Conditions now, PolicyPlan plan, bool mayWait, bool defers)
    {
        if (!decision.IsDemand) return new(decision.Answer, null);
        LanePolicy lane = plan.Policy.Lanes[decision.Asked.Lane];
        int wait = Math.Min(request.MaxWaitMs ?? lane.LongestWaitMs, lane.LongestWaitMs);
        if (mayWait && wait > 0 && decision.LacksRoom) return new(decision.Answer, null, TimeSpan.FromMilliseconds(wait), decision.Asked, plan);
        if (defers) return new(decision.Answer, null) { Defers = true, Asked = decision.Asked, Plan = plan };
        CountRefusal(request.Key, decision.Asked, lane.Name, now.Period, plan.Policy);
        return new(decision.Answer, null);
    }

    // A silo that stood still, and was taken for dead, does not know what was admitted since (L4).
    private Step Proven(in Step refusal)
    {
        if (!refusal.IsLast) return refusal;
        return ledger.Proof(gate, out Commit? proof)
            ? refusal with { Commit = proof }
            : new(AdmissionAnswer.Refused(Outcome.Unavailable, NotNow), null);
    }

    private void CountRefusal(string key, RoomRequest asked, string lane, long period, ClassPolicy policy)
    {
        long cap = policy.Quota.UnitsPerSecond == 0
            ? long.MaxValue
            : Integers.MulDivFloor(policy.Quota.UnitsPerSecond, policy.Price.ControlPeriodMs, 1000);
        long demanded = claim.Account.Refusing().Refuse(period, key, asked.Units, cap);
        gate.Count(asked, lane, admitted: false, period, demanded);
    }

    private async ValueTask<AdmissionPledge> PledgeLater(AdmissionRequest request, Step step)
    {
        if (step.Wait > TimeSpan.Zero) step = await DecideAfterWait(request, step);
        return PledgeOf(step.Defers ? await DecideWithTicket(request, step, spend: true) : step);
    }

    // The class's book first, then the account: what is lost in between is asked again under the same key, and the class gives the same ticket.
    private async ValueTask<Step> DecideWithTicket(AdmissionRequest request, Step refused, bool spend)
    {
        int wait = refused.Plan!.Policy.Lanes[refused.Asked.Lane].LongestWaitMs;
        var ask = new TicketAsk(claim.Member.Member, request.Key, refused.Asked.Units, wait, request.DeferUntilUnixMs, spend);
        TicketReply reply = await Cut(ask);
        return reply.Outcome is Outcome.Unavailable or Outcome.KeyConflict
            ? new(AdmissionAnswer.Refused(reply.Outcome, reply.Reason), null)
            : Decide(request, granted: null, spend, mayWait: false, reply);
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever failed, no decision is known.")]
    private async ValueTask<TicketReply> Cut(TicketAsk ask)
    {
        try
        {
            return await gate.Tickets!.Defer(ask).AsTask().WaitAsync(ClassAnswersWithin, clock.Time);
        }
        catch (Exception)
        {
            return new() { Outcome = Outcome.Unavailable, Reason = NotHeard };
        }
    }

    private static Ticket? CutBy(TicketReply? told, AdmissionRequest request) => told is { Outcome: Outcome.Deferred }
        ? new(told.Number, "", request.Key, told.Units, told.Second, told.WaitMs)
        : null;

    private async ValueTask<Step> DecideAfterWait(AdmissionRequest request, Step first)
    {
        long until = clock.Read().Micros + (long)first.Wait.TotalMicroseconds;
        Reading? taken = await gate.WaitAsync(first.Plan!.Plan, first.Asked, until);

        // Whatever happened meanwhile, the table is gone through again; room that was taken and is not needed is not given back. Whoever got none
        // may stand nearer the mean by now, or find another policy: the gate is asked once more, as for a newcomer.
        return Decide(request, taken is { } at ? new Granted(at, first) : null, spend: true, mayWait: false);
    }

    private static AdmissionPledge PledgeOf(in Step step) => new(step.Answer, step.Commit is { IsCommitted: false } commit ? commit : null);

    /// <summary>One decision: its answer, what that answer rests on, and what is to be waited for before deciding again.</summary>
    private readonly record struct Step(
        AdmissionAnswer Answer, Commit? Commit, TimeSpan Wait = default, RoomRequest Asked = default, PolicyPlan? Plan = null)
    {
        /// <summary>Whether the class is to be asked for a ticket.</summary>
        public bool Defers { get; init; }

        /// <summary>Whether the decision is made: nothing is to be waited for, and nobody asked.</summary>
        public bool IsLast => Wait <= TimeSpan.Zero && !Defers;
    }

    /// <summary>Room that was taken at a moment, for a request that is decided again.</summary>
    private sealed record Granted(Reading At, Step First) : IRoom
    {
        public bool TryTake(in RoomRequest request, long monotonicMicros) =>
            request.Lane == First.Asked.Lane && request.Units <= First.Asked.Units;

        public long RetryAfterMs(in RoomRequest request, long monotonicMicros) => First.Answer.RetryAfterMs;
    }
}
