using System.Collections.Immutable;
using System.Runtime.InteropServices;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Metering;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Admission.Peers;
using CoopGrid.Grains.Billing;
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
[HomePlacement]
internal sealed partial class MemberGrain(
    ClaimTable claims, ClassGates gates, AccountLedger ledger, GridClock clock, LateLines lateLines, Farewell farewell, IBillStore bills) : Grain, IMemberGrain, IClaimOwner
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
        Ticket? returned;
        lock (_claim.Gate)
        {
            if (!decider.IsOwner) return new(CancelOutcome.Unavailable, 0, RequestDecider.NotHere);
            Conditions now = decider.Conditions().Now;
            now = now with { ClosedBefore = decider.Gate.ClosedBefore(now.Mark) };
            (answer, Cancelled? entry) = CancelRule.Decide(_claim.Account, key, units, caller, now);
            if (entry is not null && ledger.Record(_claim, entry, decider.Gate) is null) return new(CancelOutcome.Unavailable, 0, RequestDecider.NotNow);
            if (answer.Outcome == CancelOutcome.Returned) commit = _claim.LastCommit;
            else if (!ledger.Proof(decider.Gate, out commit)) return new(CancelOutcome.Unavailable, 0, RequestDecider.NotNow);
            returned = answer.Outcome == CancelOutcome.Returned ? _claim.Account.Keys.Find(key)?.Admitted.Issued : null;
        }

        if (!await IsDurable(commit)) return new(CancelOutcome.Unavailable, 0, RequestDecider.NotDurable);

        // Only now: a cancel that is lost must leave the ticket its room. If the class does not hear of it, its second keeps room that nobody comes for.
        if (returned is not null) decider.Gate.Tickets?.Return(_claim.Member.Member, returned.Number).AsTask().Ignore();
        return answer;
    }

    public async ValueTask<ReportAnswer> Report(UsageReport report)
    {
        if (_decider is not { } decider) return new() { Outcome = ReportOutcome.MeterUnknown, Reason = "The meter's member is not enrolled." };
        ReportAnswer answer;
        Commit? commit;
        Dictionary<long, int>? old = await OldMultipliers(decider, report);
        lock (_claim.Gate)
        {
            if (!decider.IsOwner) return new() { Outcome = ReportOutcome.Unavailable, Reason = RequestDecider.NotHere };
            (Conditions now, _) = decider.Conditions();
            ClassView view = decider.Gate.View;
            SliceMultiplier multiplierOf = old is null ? view.SliceMultiplier : slice => old.TryGetValue(slice, out int known) ? known : view.SliceMultiplier(slice);
            (answer, MemberEntry? entry) = ReportRule.Decide(_claim.Account, report, now, multiplierOf, view.Epochs);
            if (entry is not null && ledger.Record(_claim, entry, decider.Gate) is null)
                return new() { Outcome = ReportOutcome.Unavailable, Reason = RequestDecider.NotNow };
            if (answer.Outcome == ReportOutcome.Accepted) decider.Gate.CountAccepted(now.Period, answer.Units - answer.LateUnits);
            commit = _claim.LastCommit;
        }

        if (!await IsDurable(commit)) return new() { Outcome = ReportOutcome.Unavailable, Reason = RequestDecider.NotDurable };
        if (answer.LateUnits > 0) await TryHandInLate(decider);
        return answer;
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
