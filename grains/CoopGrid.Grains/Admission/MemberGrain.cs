using System.Collections.Immutable;
using System.Runtime.InteropServices;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Metering;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Orleans.Concurrency;
using Orleans.Placement;

namespace CoopGrid.Grains.Admission;

/// <summary>
/// The only writer of a member. Reentrant because every decision is one synchronous step under the claim's gate: what interleaves is
/// only the wait for room before a decision, and the wait for the commit after it. Placed at random, so that all silos hold as many: by default a member would
/// stay at the silo through which it was enrolled, and often one silo enrols them all.
/// </summary>
[GrainType(GrainStates.Member)]
[Reentrant]
[RandomPlacement]
internal sealed partial class MemberGrain(ClaimTable claims, ClassGates gates, AccountLedger ledger, GridClock clock) : Grain, IMemberGrain, IClaimOwner
{
    private MemberClaim _claim = null!;
    private volatile RequestDecider? _decider;

    /// <summary>Who decides; null before enrolment.</summary>
    public RequestDecider? Decider => _decider;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _claim = await claims.ClaimAsync(MemberId.Parse(this.GetPrimaryKeyString()), this);
        string @class = _claim.Account.Class;
        if (@class.Length > 0 && await gates.GetAsync(new(_claim.Member.Coop, @class)) is { } gate) _decider = DeciderAt(gate);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        claims.Release(_claim, this);
        return Task.CompletedTask;
    }

    public ValueTask<AdmissionAnswer> Admit(AdmissionRequest request)
    {
        if (_decider is not { } decider) return new(NotEnrolled(request));
        decider.Used();
        return decider.Admit(request);
    }

    public async ValueTask<HomeAnswers> AdmitBatch(ImmutableArray<AdmissionRequest> requests)
    {
        // Decisions are made in order before the first wait, so that one commit covers them all.
        var answers = new Task<AdmissionAnswer>[requests.Length];
        for (int i = 0; i < requests.Length; i++) answers[i] = Admit(requests[i]).AsTask();
        return new(ImmutableCollectionsMarshal.AsImmutableArray(await Task.WhenAll(answers)), GrainContext.Address.SiloAddress!);
    }

    public ValueTask<AdmissionAnswer> Quote(AdmissionRequest request) => _decider?.Quote(request) ?? new(NotEnrolled(request));

    public async ValueTask<CancelAnswer> Cancel(string key, long units, string caller)
    {
        if (_decider is not { } decider) return new(CancelOutcome.MemberUnknown, 0, "No such member.");
        CancelAnswer answer;
        Commit? commit;
        lock (_claim.Gate)
        {
            if (!decider.IsOwner) return new(CancelOutcome.Unavailable, 0, RequestDecider.NotHere);
            Conditions now = decider.Conditions().Now;
            now = now with { ClosedBefore = decider.Gate.ClosedBefore(now.Mark) };
            (answer, Cancelled? entry) = CancelRule.Decide(_claim.Account, key, units, caller, now);
            if (entry is not null && ledger.Record(_claim, entry, decider.Gate) is null) return new(CancelOutcome.Unavailable, 0, RequestDecider.NotNow);
            if (answer.Outcome == CancelOutcome.Returned) commit = _claim.LastCommit;
            else if (!ledger.Proof(decider.Gate, out commit)) return new(CancelOutcome.Unavailable, 0, RequestDecider.NotNow);
        }

        return await IsDurable(commit) ? answer : new(CancelOutcome.Unavailable, 0, RequestDecider.NotDurable);
    }

    public async ValueTask<ReportAnswer> Report(UsageReport report)
    {
        if (_decider is not { } decider) return new() { Outcome = ReportOutcome.MeterUnknown, Reason = "The meter's member is not enrolled." };
        ReportAnswer answer;
        Commit? commit;
        lock (_claim.Gate)
        {
            if (!decider.IsOwner) return new() { Outcome = ReportOutcome.Unavailable, Reason = RequestDecider.NotHere };
            (Conditions now, _) = decider.Conditions();
            (answer, MemberEntry? entry) = ReportRule.Decide(_claim.Account, report, now, decider.Gate.View.SliceMultiplier);
            if (entry is not null && ledger.Record(_claim, entry, decider.Gate) is null)
                return new() { Outcome = ReportOutcome.Unavailable, Reason = RequestDecider.NotNow };
            if (answer.Outcome == ReportOutcome.Accepted) decider.Gate.CountAccepted(now.Period, answer.Units);
            commit = _claim.LastCommit;
        }

        return await IsDurable(commit) ? answer : new() { Outcome = ReportOutcome.Unavailable, Reason = RequestDecider.NotDurable };
    }

    // A door may find out long after the activation has gone, and DeactivateOnIdle throws then.
    void IClaimOwner.Moved() => GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "Another activation has the member."));

    private RequestDecider DeciderAt(ClassGate gate) => new(_claim, this, gate, ledger, clock);

    private AdmissionAnswer NotEnrolled(AdmissionRequest request)
    {
        // Made-up names must not fill the memory.
        if (_claim.Account.Status == MemberStatus.Unknown) DeactivateOnIdle();
        return AdmissionRule.Malformed(request) is { } malformed
            ? AdmissionAnswer.Refused(Outcome.Invalid, malformed)
            : AdmissionAnswer.Refused(Outcome.MemberUnknown, "No such member.");
    }

    private static ValueTask<bool> IsDurable(Commit? commit) => commit?.Committed() ?? new(true);
}
