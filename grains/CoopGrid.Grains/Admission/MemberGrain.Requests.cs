using System.Collections.Immutable;
using System.Runtime.InteropServices;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Admission;

/// <content>Decides requests, waits for room before a decision and for the commit after it.</content>
internal sealed partial class MemberGrain
{
    public ValueTask<AdmissionAnswer> Admit(AdmissionRequest request)
    {
        if (_gate is not { } gate) return new(NotEnrolled(request));
        Step step = Decide(gate, request, granted: null, spend: true);
        return step.Wait > TimeSpan.Zero ? AdmitAfterWait(gate, request, step) : Settle(step);
    }

    public ValueTask<AdmissionPledge> Pledge(AdmissionRequest request, long producer)
    {
        if (producer != ledger.Producer) return PledgeSettled(request);
        if (_gate is not { } gate) return new(new AdmissionPledge(NotEnrolled(request), 0));
        Step step = Decide(gate, request, granted: null, spend: true);
        return step.Wait > TimeSpan.Zero ? PledgeAfterWait(gate, request, step) : new(PledgeOf(step));
    }

    public async ValueTask<ImmutableArray<AdmissionAnswer>> AdmitBatch(ImmutableArray<AdmissionRequest> requests)
    {
        // Decisions are made in order before the first wait, so that one commit covers them all.
        var answers = new AdmissionAnswer[requests.Length];
        var pending = new Task<AdmissionAnswer>?[requests.Length];
        for (int i = 0; i < requests.Length; i++)
        {
            ValueTask<AdmissionAnswer> answer = Admit(requests[i]);
            if (answer.IsCompletedSuccessfully) answers[i] = answer.Result;
            else pending[i] = answer.AsTask();
        }

        for (int i = 0; i < requests.Length; i++)
        {
            if (pending[i] is { } task) answers[i] = await task;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(answers);
    }

    public ValueTask<AdmissionAnswer> Quote(AdmissionRequest request) =>
        _gate is { } gate ? Settle(Decide(gate, request, granted: null, spend: false)) : new(NotEnrolled(request));

    private Step Decide(ClassGate gate, AdmissionRequest request, Granted? granted, bool spend)
    {
        lock (_claim.Gate)
        {
            if (!IsOwner) return new(AdmissionAnswer.Refused(Outcome.Unavailable, NotHere), null);
            if (!ledger.CanDecide) return new(AdmissionAnswer.Refused(Outcome.Unavailable, NotNow), null);
            (Conditions now, PolicyPlan plan) = ConditionsOf(gate, granted?.At);
            IRoom room = granted ?? (spend ? gate.RoomFor(plan.Plan) : gate.LookAt(plan.Plan));
            Decision decision = AdmissionRule.Decide(_claim.Account, request, now, plan.Plan, room);
            // A remembered answer rests on an entry that may not be committed yet (L1).
            if (decision.Answer.Replayed || decision.Answer.Outcome == Outcome.KeyCancelled) return new(decision.Answer, _claim.LastCommit);
            if (!spend) return new(decision.Answer, null);
            return decision.Entry is { } entry
                ? Admit(gate, request, entry, decision, now)
                : Refuse(gate, request, decision, now, plan, mayWait: granted is null);
        }
    }

    private Step Admit(ClassGate gate, AdmissionRequest request, Admitted entry, in Decision decision, in Conditions now)
    {
        if (ledger.Record(_claim, entry, gate.Class) is not { } commit)
        {
            // A mark came between: the same room serves the decision that keeps it (L5a).
            var room = new Granted(new Reading(now.Now, now.MonotonicMicros), new(decision.Answer, null, Asked: decision.Asked));
            return gate.Mark > now.Mark
                ? Decide(gate, request, room, spend: true)
                : new(AdmissionAnswer.Refused(Outcome.Unavailable, NotNow), null);
        }

        long demanded = _claim.Account.Refused.Admit(now.Period, entry.Key, entry.Units);
        gate.Count(decision.Asked, entry.Lane, admitted: true, now.Period, demanded);
        return new(decision.Answer, request.Relaxed && now.Policy.RelaxedAllowed ? null : commit);
    }

    private Step Refuse(ClassGate gate, AdmissionRequest request, in Decision decision, in Conditions now, PolicyPlan plan, bool mayWait)
    {
        if (!decision.IsDemand) return new(decision.Answer, null);
        LanePolicy lane = plan.Policy.Lanes[decision.Asked.Lane];
        int wait = Math.Min(request.MaxWaitMs ?? lane.LongestWaitMs, lane.LongestWaitMs);
        if (mayWait && wait > 0 && decision.LacksRoom) return new(decision.Answer, null, TimeSpan.FromMilliseconds(wait), decision.Asked, plan);
        CountRefusal(gate, request.Key, decision.Asked, lane.Name, now.Period, plan.Policy);
        return new(decision.Answer, null);
    }

    private void CountRefusal(ClassGate gate, string key, RoomRequest asked, string lane, long period, ClassPolicy policy)
    {
        long cap = policy.Quota.UnitsPerSecond == 0
            ? long.MaxValue
            : Integers.MulDivFloor(policy.Quota.UnitsPerSecond, policy.Price.ControlPeriodMs, 1000);
        long demanded = _claim.Account.Refused.Refuse(period, key, asked.Units, cap);
        gate.Count(asked, lane, admitted: false, period, demanded);
    }

    private async ValueTask<AdmissionPledge> PledgeSettled(AdmissionRequest request) => new(await Admit(request), 0);

    private async ValueTask<AdmissionPledge> PledgeAfterWait(ClassGate gate, AdmissionRequest request, Step first) =>
        PledgeOf(await WaitAndDecide(gate, request, first));

    private static AdmissionPledge PledgeOf(in Step step) => new(step.Answer, RestsOn(step)?.Position ?? 0);

    private async ValueTask<AdmissionAnswer> AdmitAfterWait(ClassGate gate, AdmissionRequest request, Step first) =>
        await Settle(await WaitAndDecide(gate, request, first));

    private async ValueTask<Step> WaitAndDecide(ClassGate gate, AdmissionRequest request, Step first)
    {
        long until = clock.Read().Micros + (long)first.Wait.TotalMicroseconds;
        Reading? taken = await gate.WaitAsync(first.Plan!.Plan, first.Asked, until);

        // Whatever happened meanwhile, the table is gone through again; room that was taken and is not needed is not given back.
        return Decide(gate, request, new Granted(taken, first), spend: true);
    }

    private static ValueTask<AdmissionAnswer> Settle(in Step step) =>
        RestsOn(step) is { } commit ? WhenDurable(commit, step.Answer) : new(step.Answer);

    /// <summary>The commit that an answer has to wait for, if there is one.</summary>
    private static Commit? RestsOn(in Step step) => step.Commit is { IsCommitted: false } commit ? commit : null;

    private static async ValueTask<AdmissionAnswer> WhenDurable(Commit commit, AdmissionAnswer answer) =>
        await commit.Committed() ? answer : AdmissionAnswer.Refused(Outcome.Unavailable, NotDurable);

    private AdmissionAnswer NotEnrolled(AdmissionRequest request)
    {
        // Made-up names must not fill the memory.
        if (_claim.Account.Status == MemberStatus.Unknown) DeactivateOnIdle();
        return AdmissionRule.Malformed(request) is { } malformed
            ? AdmissionAnswer.Refused(Outcome.Invalid, malformed)
            : AdmissionAnswer.Refused(Outcome.MemberUnknown, "No such member.");
    }

    /// <summary>One decision: its answer, what that answer rests on, and how long to wait for room before deciding again.</summary>
    private readonly record struct Step(
        AdmissionAnswer Answer, Commit? Commit, TimeSpan Wait = default, RoomRequest Asked = default, PolicyPlan? Plan = null);

    /// <summary>What a wait for room brought: room taken at a moment, or none.</summary>
    private sealed record Granted(Reading? At, Step First) : IRoom
    {
        public bool TryTake(in RoomRequest request, long monotonicMicros) =>
            At is not null && request.Lane == First.Asked.Lane && request.Units <= First.Asked.Units;

        public long RetryAfterMs(in RoomRequest request, long monotonicMicros) => First.Answer.RetryAfterMs;
    }
}
