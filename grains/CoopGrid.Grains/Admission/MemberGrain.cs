using CoopGrid.Domain.Admission;
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
internal sealed partial class MemberGrain(ClaimTable claims, ClassGates gates, AccountLedger ledger, GridClock clock) : Grain, IMemberGrain
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

    private bool IsOwner
    {
        get
        {
            if (ReferenceEquals(_claim.Owner, this)) return true;
            DeactivateOnIdle();
            return false;
        }
    }

    private static ValueTask<bool> IsDurable(Commit? commit) => commit?.Committed() ?? new(true);

    private (Conditions Now, PolicyPlan Plan) ConditionsOf(ClassGate gate, Reading? at = null)
    {
        Reading reading = at ?? clock.Read();
        ClassView view = gate.View;
        long mark = gate.Mark;
        PolicyPlan plan = gate.PlanAt(view, _claim.Account.SliceFor(view.Policies.Current.Window.SliceAt(reading.Now), mark));
        return (view.Conditions(reading, plan, mark), plan);
    }
}
