using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Admission;

/// <content>Changes the membership and shows the account.</content>
internal sealed partial class MemberGrain
{
    private static readonly Refusal Left = new(MemberOutcome.Conflict, "The member has left the co-op.");

    public async ValueTask<MemberAnswer> Enroll(string @class)
    {
        var id = new ClassId(_claim.Member.Coop, @class);
        if (await gates.GetAsync(id) is not { } gate) return new(MemberOutcome.ClassUnknown, StateOf(), $"There is no class '{@class}'.");
        MemberAnswer answer = await Change(_decider ?? DeciderAt(gate), (account, sequence, at, slice, policy) => account.Status switch
        {
            MemberStatus.Unknown => (new Enrolled(sequence, at, slice, policy.Version, @class, policy.Window.Slices), null),
            MemberStatus.Exited => (null, Left),
            _ => (null, account.Class == @class ? null : new(MemberOutcome.Conflict, $"The member belongs to the class '{account.Class}'.")),
        });

        // Also if the commit is not known yet, or an earlier call of this kind went unanswered: the account says what holds.
        if (_claim.Account.Class != @class) return answer;
        _decider ??= DeciderAt(gate);
        return answer with { State = StateOf() };
    }

    public ValueTask<MemberAnswer> Suspend(bool suspended, string reason) => Change(_decider, (account, sequence, at, slice, policy) =>
    {
        MemberStatus wanted = suspended ? MemberStatus.Suspended : MemberStatus.Active;
        if (account.Status == MemberStatus.Exited) return (null, Left);
        return (account.Status == wanted ? null : new StatusChanged(sequence, at, slice, policy.Version, wanted, reason), null);
    });

    public ValueTask<MemberAnswer> Entitle(string lane, bool entitled) => Change(_decider, (account, sequence, at, slice, policy) =>
    {
        if (account.Status == MemberStatus.Exited) return (null, Left);
        if (!policy.Lanes.Any(known => known.Name == lane))
            return (null, new(MemberOutcome.LaneUnknown, $"No lane '{lane}'; there are {string.Join(", ", policy.Lanes.Select(known => known.Name))}."));
        bool same = account.IsEntitledTo(lane) == entitled;
        return (same ? null : new EntitlementChanged(sequence, at, slice, policy.Version, lane, entitled), null);
    });

    public ValueTask<MemberAnswer> RegisterMeter(string meter) => Change(_decider, (account, sequence, at, slice, policy) =>
    {
        if (account.Status == MemberStatus.Exited) return (null, Left);
        return (account.Meter(meter) is null ? new MeterRegistered(sequence, at, slice, policy.Version, meter) : null, null);
    });

    public ValueTask<MemberState> GetState()
    {
        lock (_claim.Gate)
        {
            // What another activation has taken over goes on without this one.
            if (_decider is { IsOwner: false }) throw new InvalidOperationException(RequestDecider.NotHere);
            return new(StateOf());
        }
    }

    private async ValueTask<MemberAnswer> Change(RequestDecider? decider, MembershipChange change)
    {
        if (decider is null) return new(MemberOutcome.MemberUnknown, StateOf(), "No such member.");
        MemberOutcome outcome = MemberOutcome.Unchanged;
        Commit? commit;
        lock (_claim.Gate)
        {
            if (!decider.IsOwner) return new(MemberOutcome.Unavailable, StateOf(), RequestDecider.NotHere);
            (Conditions now, PolicyPlan plan) = decider.Conditions();
            (MemberEntry? entry, Refusal? refusal) =
                change(_claim.Account, _claim.Account.Sequence + 1, now.Now, now.SliceOf(_claim.Account), plan.Policy);
            if (refusal is not null) return new(refusal.Outcome, StateOf(), refusal.Reason);
            if (entry is not null)
            {
                if (ledger.Record(_claim, entry, decider.Gate) is null) return new(MemberOutcome.Unavailable, StateOf(), RequestDecider.NotNow);
                outcome = MemberOutcome.Changed;
            }

            commit = _claim.LastCommit;
        }

        return await IsDurable(commit) ? new(outcome, StateOf()) : new(MemberOutcome.Unavailable, StateOf(), RequestDecider.NotDurable);
    }

    private MemberState StateOf()
    {
        lock (_claim.Gate)
        {
            MemberAccount account = _claim.Account;
            if (_decider is not { } decider) return new() { Member = _claim.Member };
            (Conditions now, PolicyPlan plan) = decider.Conditions();
            long slice = now.SliceOf(account);
            return new()
            {
                Member = _claim.Member,
                Class = account.Class,
                Status = account.Status == MemberStatus.Active && now.SuspendedFor is not null ? MemberStatus.Suspended : account.Status,
                WindowUsageUnits = account.UsageAt(slice),
                Slice = slice,
                BaselineRemainingUnits = AdmissionRule.BaselineLeft(account.UsageAt(slice), plan.Policy),
                Entitlements = [.. account.Entitlements.Order(StringComparer.Ordinal)],
                TotalUnits = account.TotalUnits,
                Enrolled = account.Enrolled,
                Sequence = account.Sequence,
                Bank = account.Status != MemberStatus.Exited && now.Bank is { } history ? Shown(Settling.Now(account, history)) : null,
                Reservation = Running(account, now),
            };
        }
    }

    private static BankStanding Shown(in BankAccount bank) => new(bank.Saved, bank.Spent, bank.Decayed, bank.Held);

    private static RunningReservation? Running(MemberAccount account, in Conditions now) => now.Reserved.IsRunning(now.Now)
        ? new(
            now.Reserved.UnitsPerSecond,
            account.Reservation.FlowTo(now.Now, now.Reserved).UsableUnits(now.Reserved),
            now.Reserved.Starts,
            now.Reserved.Ends)
        : null;

    private delegate (MemberEntry? Entry, Refusal? Refusal) MembershipChange(
        MemberAccount account, long sequence, Instant at, long slice, ClassPolicy policy);

    private sealed record Refusal(MemberOutcome Outcome, string Reason);
}
