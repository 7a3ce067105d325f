using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
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

    private static readonly AdmissionAnswer Elsewhere = AdmissionAnswer.Refused(Outcome.Unavailable, NotHere) with { Moved = true };

    private long _usedMicros = clock.Read().Micros;

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

    /// <summary>The activation was called.</summary>
    public void Used() => Volatile.Write(ref _usedMicros, clock.Read().Micros);

    /// <summary>Whether the activation was called lately, so that the silo does not collect it as idle.</summary>
    public bool IsUsed(TimeSpan within) => clock.Read().Micros - Volatile.Read(ref _usedMicros) < within.TotalMicroseconds;

    public ValueTask<AdmissionPledge> Pledge(AdmissionRequest request)
    {
        Step step = Decide(request, granted: null, spend: true);
        return step.Wait > TimeSpan.Zero ? PledgeAfterWait(request, step) : new(PledgeOf(step));
    }

    public AdmissionPledge PledgeAtOnce(AdmissionRequest request)
    {
        Step step = Decide(request, granted: null, spend: true);
        return step.Wait > TimeSpan.Zero ? new(Elsewhere, null) : PledgeOf(step);
    }

    public async ValueTask<AdmissionAnswer> Admit(AdmissionRequest request) => await (await Pledge(request)).Settled();

    public ValueTask<AdmissionAnswer> Quote(AdmissionRequest request) => PledgeOf(Decide(request, granted: null, spend: false)).Settled();

    /// <summary>What a decision at a moment goes by. Call under the claim's gate.</summary>
    public (Conditions Now, PolicyPlan Plan) Conditions(Reading? at = null)
    {
        Reading reading = at ?? clock.Read();
        ClassView view = gate.View;
        long mark = gate.Mark;
        PolicyPlan plan = gate.PlanAt(view, claim.Account.SliceFor(view.Policies.Current.Window.SliceAt(reading.Now), mark));
        Conditions now = view.Conditions(reading, plan, mark);
        if (gate.Reservations.Running(reading.Now) is { } slot) now = now with { Reserved = slot.RateOf(claim.Member.Member) };
        return (now, plan);
    }

    private Step Decide(AdmissionRequest request, Granted? granted, bool spend, bool mayWait = true)
    {
        lock (claim.Gate)
        {
            if (!IsOwner) return new(Elsewhere, null);
            if (!ledger.CanDecide) return new(AdmissionAnswer.Refused(Outcome.Unavailable, NotNow), null);
            (Conditions now, PolicyPlan plan) = Conditions(granted?.At);
            IRoom room = granted ?? (spend ? gate.RoomFor(plan.Plan) : gate.LookAt(plan.Plan));
            Decision decision = AdmissionRule.Decide(claim.Account, request, now, plan.Plan, room);
            if (spend && decision.Asked.Reserved > 0)
                gate.CountReserved(claim.Member.Member, decision.Entry is null ? 0 : decision.Asked.Reserved, now.Now);

            // A remembered answer rests on an entry that may not be committed yet (L1).
            if (decision.Answer.Replayed || decision.Answer.Outcome == Outcome.KeyCancelled) return new(decision.Answer, claim.LastCommit);
            if (!spend) return new(decision.Answer, null);
            return decision.Entry is { } entry
                ? Admit(request, entry, decision, now)
                : Proven(Refuse(request, decision, now, plan, mayWait: mayWait && granted is null));
        }
    }

    private Step Admit(AdmissionRequest request, Admitted entry, in Decision decision, in Conditions now)
    {
        if (ledger.Record(claim, entry, gate) is not { } commit)
        {
            // A mark came between: the same room serves the decision that keeps it (L5a).
            var room = new Granted(new Reading(now.Now, now.MonotonicMicros), new(decision.Answer, null, Asked: decision.Asked));
            return gate.Mark > now.Mark
                ? Decide(request, room, spend: true)
                : new(AdmissionAnswer.Refused(Outcome.Unavailable, NotNow), null);
        }

        long demanded = claim.Account.Refused?.Admit(now.Period, entry.Key, entry.Units) ?? entry.Units;
        gate.Count(decision.Asked, entry.Lane, admitted: true, now.Period, demanded);
        bool relaxed = request.Relaxed && now.Policy.RelaxedAllowed && gate.AllowsRelaxed(now.MonotonicMicros);
        return new(decision.Answer, relaxed ? null : commit);
    }

    private Step Refuse(AdmissionRequest request, in Decision decision, in Conditions now, PolicyPlan plan, bool mayWait)
    {
        if (!decision.IsDemand) return new(decision.Answer, null);
        LanePolicy lane = plan.Policy.Lanes[decision.Asked.Lane];
        int wait = Math.Min(request.MaxWaitMs ?? lane.LongestWaitMs, lane.LongestWaitMs);
        if (mayWait && wait > 0 && decision.LacksRoom) return new(decision.Answer, null, TimeSpan.FromMilliseconds(wait), decision.Asked, plan);
        CountRefusal(request.Key, decision.Asked, lane.Name, now.Period, plan.Policy);
        return new(decision.Answer, null);
    }

    // A silo that stood still, and was taken for dead, does not know what was admitted since (L4).
    private Step Proven(in Step refusal)
    {
        if (refusal.Wait > TimeSpan.Zero) return refusal;
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

    private async ValueTask<AdmissionPledge> PledgeAfterWait(AdmissionRequest request, Step first)
    {
        long until = clock.Read().Micros + (long)first.Wait.TotalMicroseconds;
        Reading? taken = await gate.WaitAsync(first.Plan!.Plan, first.Asked, until);

        // Whatever happened meanwhile, the table is gone through again; room that was taken and is not needed is not given back. Whoever got none
        // may stand nearer the mean by now, or find another policy: the gate is asked once more, as for a newcomer.
        return PledgeOf(Decide(request, taken is { } at ? new Granted(at, first) : null, spend: true, mayWait: false));
    }

    private static AdmissionPledge PledgeOf(in Step step) => new(step.Answer, step.Commit is { IsCommitted: false } commit ? commit : null);

    /// <summary>One decision: its answer, what that answer rests on, and how long to wait for room before deciding again.</summary>
    private readonly record struct Step(
        AdmissionAnswer Answer, Commit? Commit, TimeSpan Wait = default, RoomRequest Asked = default, PolicyPlan? Plan = null);

    /// <summary>Room that was taken at a moment, for a request that is decided again.</summary>
    private sealed record Granted(Reading At, Step First) : IRoom
    {
        public bool TryTake(in RoomRequest request, long monotonicMicros) =>
            request.Lane == First.Asked.Lane && request.Units <= First.Asked.Units;

        public long RetryAfterMs(in RoomRequest request, long monotonicMicros) => First.Answer.RetryAfterMs;
    }
}
