using System.Collections.Immutable;
using System.Runtime.InteropServices;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Metering;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Orleans.Concurrency;

namespace CoopGrid.Grains.Admission;

/// <summary>
/// The only writer of a member. Reentrant because every decision is one synchronous step under the claim's gate: what interleaves is
/// only the wait for room before a decision, and the wait for the commit after it.
/// </summary>
[GrainType(GrainStates.Member)]
[Reentrant]
internal sealed class MemberGrain(ClaimTable claims, ClassGates gates, AccountLedger ledger, GridClock clock) : Grain, IMemberGrain
{
    private const string NotDurable = "The decision could not be made durable in time; ask again with the same key.";
    private const string NotNow = "The grid cannot record decisions now; ask again with the same key.";
    private const string NotHere = "The member's account has moved; ask again with the same key.";

    private MemberClaim _claim = null!;
    private ClassGate? _gate;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _claim = await claims.ClaimAsync(MemberId.Parse(this.GetPrimaryKeyString()), this);
        string @class = _claim.Account.Class;
        if (@class.Length > 0) _gate = await gates.GetAsync(new(_claim.Member.Coop, @class));
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        claims.Release(_claim, this);
        return Task.CompletedTask;
    }

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

    public async ValueTask<CancelAnswer> Cancel(string key, long units, string caller)
    {
        if (_gate is not { } gate) return new(CancelOutcome.MemberUnknown, 0, "No such member.");
        CancelAnswer answer;
        Commit? commit;
        lock (_claim.Gate)
        {
            if (!IsOwner) return new(CancelOutcome.Unavailable, 0, NotHere);
            (answer, Cancelled? entry) = CancelRule.Decide(_claim.Account, key, units, caller, ConditionsOf(gate).Now);
            if (entry is not null && ledger.Record(_claim, entry, gate.Class) is null) return new(CancelOutcome.Unavailable, 0, NotNow);
            commit = _claim.LastCommit;
        }

        return answer.Outcome != CancelOutcome.Returned || await IsDurable(commit) ? answer : new(CancelOutcome.Unavailable, 0, NotDurable);
    }

    public async ValueTask<ReportAnswer> Report(UsageReport report)
    {
        if (_gate is not { } gate) return new() { Outcome = ReportOutcome.MeterUnknown, Reason = "The meter's member is not enrolled." };
        ReportAnswer answer;
        Commit? commit;
        lock (_claim.Gate)
        {
            if (!IsOwner) return new() { Outcome = ReportOutcome.Unavailable, Reason = NotHere };
            (Conditions now, _) = ConditionsOf(gate);
            (answer, MemberEntry? entry) = ReportRule.Decide(_claim.Account, report, now, gate.View.SliceMultiplier);
            if (entry is not null && ledger.Record(_claim, entry, gate.Class) is null)
                return new() { Outcome = ReportOutcome.Unavailable, Reason = NotNow };
            if (answer.Outcome == ReportOutcome.Accepted) gate.CountAccepted(now.Period, answer.Units);
            commit = _claim.LastCommit;
        }

        return await IsDurable(commit) ? answer : new() { Outcome = ReportOutcome.Unavailable, Reason = NotDurable };
    }

    public async ValueTask<MemberAnswer> Enroll(string @class)
    {
        var id = new ClassId(_claim.Member.Coop, @class);
        if (await gates.GetAsync(id) is not { } gate) return new(MemberOutcome.ClassUnknown, StateOf(), $"There is no class '{@class}'.");
        MemberAnswer answer = await Change(gate, (account, sequence, at, slice, policy) => account.Status switch
        {
            MemberStatus.Unknown => (new Enrolled(sequence, at, slice, policy.Version, @class, policy.Window.Slices), null),
            MemberStatus.Exited => (null, "The member has left the co-op."),
            _ => (null, account.Class == @class ? null : $"The member belongs to the class '{account.Class}'."),
        });

        // Also if the commit is not known yet, or an earlier call of this kind went unanswered: the account says what holds.
        if (_claim.Account.Class == @class) _gate = gate;
        return answer;
    }

    public ValueTask<MemberAnswer> Suspend(bool suspended, string reason) => Change(_gate, (account, sequence, at, slice, policy) =>
    {
        MemberStatus wanted = suspended ? MemberStatus.Suspended : MemberStatus.Active;
        if (account.Status == MemberStatus.Exited) return (null, "The member has left the co-op.");
        return (account.Status == wanted ? null : new StatusChanged(sequence, at, slice, policy.Version, wanted, reason), null);
    });

    public ValueTask<MemberAnswer> Entitle(string lane, bool entitled) => Change(_gate, (account, sequence, at, slice, policy) =>
    {
        if (!policy.Lanes.Any(known => known.Name == lane))
            return (null, $"No lane '{lane}'; there are {string.Join(", ", policy.Lanes.Select(known => known.Name))}.");
        bool same = account.IsEntitledTo(lane) == entitled;
        return (same ? null : new EntitlementChanged(sequence, at, slice, policy.Version, lane, entitled), null);
    });

    public ValueTask<MemberAnswer> RegisterMeter(string meter) => Change(_gate, (account, sequence, at, slice, policy) =>
        (account.Meter(meter) is null ? new MeterRegistered(sequence, at, slice, policy.Version, meter) : null, null));

    public ValueTask<MemberState> GetState() => new(StateOf());

    private bool IsOwner
    {
        get
        {
            if (ReferenceEquals(_claim.Owner, this)) return true;
            DeactivateOnIdle();
            return false;
        }
    }

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

    private static ValueTask<bool> IsDurable(Commit? commit) => commit?.Committed() ?? new(true);

    private (Conditions Now, PolicyPlan Plan) ConditionsOf(ClassGate gate, Reading? at = null)
    {
        Reading reading = at ?? clock.Read();
        ClassView view = gate.View;
        long mark = gate.Mark;
        PolicyPlan plan = gate.PlanAt(view, _claim.Account.SliceFor(view.Policies.Current.Window.SliceAt(reading.Now), mark));
        return (view.Conditions(reading, plan, mark), plan);
    }

    private AdmissionAnswer NotEnrolled(AdmissionRequest request)
    {
        // Made-up names must not fill the memory.
        if (_claim.Account.Status == MemberStatus.Unknown) DeactivateOnIdle();
        return AdmissionRule.Malformed(request) is { } malformed
            ? AdmissionAnswer.Refused(Outcome.Invalid, malformed)
            : AdmissionAnswer.Refused(Outcome.MemberUnknown, "No such member.");
    }

    private async ValueTask<MemberAnswer> Change(ClassGate? gate, MembershipChange change)
    {
        if (gate is null) return new(MemberOutcome.MemberUnknown, StateOf(), "No such member.");
        MemberOutcome outcome = MemberOutcome.Unchanged;
        Commit? commit;
        lock (_claim.Gate)
        {
            if (!IsOwner) return new(MemberOutcome.Unavailable, StateOf(), NotHere);
            (Conditions now, PolicyPlan plan) = ConditionsOf(gate);
            (MemberEntry? entry, string? refusal) =
                change(_claim.Account, _claim.Account.Sequence + 1, now.Now, now.SliceOf(_claim.Account), plan.Policy);
            if (refusal is not null) return new(MemberOutcome.Conflict, StateOf(), refusal);
            if (entry is not null)
            {
                if (ledger.Record(_claim, entry, gate.Class) is null) return new(MemberOutcome.Unavailable, StateOf(), NotNow);
                outcome = MemberOutcome.Changed;
            }

            commit = _claim.LastCommit;
        }

        return await IsDurable(commit) ? new(outcome, StateOf()) : new(MemberOutcome.Unavailable, StateOf(), NotDurable);
    }

    private MemberState StateOf()
    {
        lock (_claim.Gate)
        {
            MemberAccount account = _claim.Account;
            if (_gate is not { } gate) return new() { Member = _claim.Member };
            (Conditions now, PolicyPlan plan) = ConditionsOf(gate);
            long slice = now.SliceOf(account);
            return new()
            {
                Member = _claim.Member,
                Class = account.Class,
                Status = account.Status,
                WindowUsageUnits = account.UsageAt(slice),
                Slice = slice,
                BaselineRemainingUnits = AdmissionRule.BaselineLeft(account.UsageAt(slice), plan.Policy),
                Entitlements = [.. account.Entitlements.Order(StringComparer.Ordinal)],
                TotalUnits = account.TotalUnits,
                Enrolled = account.Enrolled,
                Sequence = account.Sequence,
            };
        }
    }

    private delegate (MemberEntry? Entry, string? Refusal) MembershipChange(
        MemberAccount account, long sequence, Instant at, long slice, ClassPolicy policy);

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
