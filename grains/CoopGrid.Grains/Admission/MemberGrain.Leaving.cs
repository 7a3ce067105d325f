using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Capacity;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Admission;

/// <content>
/// Leaves, and brings late units to the books. What the account says is done sooner or later, by whoever asks next: the member, or the closing of its epoch.
/// </content>
internal sealed partial class MemberGrain
{
    private const string NotHeard = "The class's running epoch has not been heard of yet; ask again.";

    public async ValueTask<ExitAnswer> Exit(string reason)
    {
        RequestDecider? decider = _decider;
        MemberAnswer answer = await Change(decider, (account, _, at, _, _) =>
        {
            if (account.Status == MemberStatus.Exited) return (null, null);
            ClassView view = decider!.Gate.View;
            ClassFigures? heard = view.Signal.EpochSoFar is { } soFar ? EpochMapping.ToFigures(decider.Gate.Class, soFar) : null;
            MemberLeft? left = ExitRule.Leave(account, reason, decider.Conditions().Now with { Now = at }, view.Epochs, heard, view.Signal.Members);
            return (left, left is null ? new(MemberOutcome.Unavailable, NotHeard) : null);
        });
        if (answer.Outcome is not (MemberOutcome.Changed or MemberOutcome.Unchanged)) return new(answer.Outcome, answer.State, Reason: answer.Reason);
        await Revoke(decider!);
        Bill? bill = await HandInLate(decider!) ? await Settle(decider!) : null;
        return new(answer.Outcome, StateOf(), bill?.Number ?? 0);
    }

    private Task Revoke(RequestDecider decider)
    {
        ClassView view = decider.Gate.View;
        WindowPolicy window = view.Policies.Current.Window;
        return farewell.RevokeAsync(
            _claim.Member,
            decider.Gate.Class,
            moment => view.Epochs is { } epochs ? epochs.At(Math.Max(epochs.First, window.SliceAt(moment)))?.Number : null,
            CancellationToken.None);
    }

    /// <summary>Makes the final bill of a member that has left; null if it has none.</summary>
    private async Task<Bill?> Settle(RequestDecider decider) =>
        Leaving(decider) is { } leaving ? await farewell.SettleAsync(_claim.Member, decider.Gate.Class, leaving, CancellationToken.None) : null;

    private LeavingMember? Leaving(RequestDecider decider)
    {
        lock (_claim.Gate)
        {
            if (_claim.Account.Final is not { } final) return null;
            MemberFigures? used = _claim.Account.FiguresOf(final.Epoch, final.Epoch.End - 1);
            return used is null ? null : new(final, used, decider.Gate.View.Policies.Current.Window);
        }
    }

    /// <summary>
    /// Hands in the lines of late units whose epochs are closed. What is handed in, and not known to be, is handed in again: it counts once.
    /// </summary>
    /// <returns>Whether none wait any more.</returns>
    private async Task<bool> HandInLate(RequestDecider decider)
    {
        bool all = true;
        foreach (LateReport late in WaitingLate())
        {
            if (!await lateLines.HandInAsync(_claim.Member, decider.Gate.Class, late, Leaving(decider), CancellationToken.None))
            {
                all = false;
                continue;
            }

            lock (_claim.Gate)
            {
                if (!decider.IsOwner || !_claim.Account.Late.Waits(late)) continue;
                (Conditions now, PolicyPlan plan) = decider.Conditions();
                MemberAccount account = _claim.Account;
                ledger.Record(
                    _claim,
                    new LateHandedIn(
                        account.Sequence + 1, now.Now, now.SliceOf(account), plan.Policy.Version, late.Meter, late.ReportSequence, late.Epoch),
                    decider.Gate);
            }
        }

        return all;
    }

    private ImmutableArray<LateReport> WaitingLate()
    {
        lock (_claim.Gate) return _claim.Account.Late.Waiting;
    }

    // The report is accepted whatever becomes of this: the closing of the next epoch does it at the latest.
    [SuppressMessage("Design", "CA1031", Justification = "What could not be handed in is handed in later.")]
    private async Task TryHandInLate(RequestDecider decider)
    {
        try
        {
            await HandInLate(decider);
        }
        catch (Exception)
        {
            // It waits in the account.
        }
    }

    /// <summary>What priced the slices of a report: those that the gate does not know any more are in the price history.</summary>
    private async ValueTask<Dictionary<long, int>?> OldMultipliers(RequestDecider decider, UsageReport report)
    {
        ClassView view = decider.Gate.View;
        bool isOld = view.Policies.Current.Entry == UsageEntry.Metered && report.Slices.Length is > 0 and <= Domain.Metering.ReportRule.MaxSlices
            && report.Slices[0].Slice < view.FirstKnownSlice;
        return isOld ? await lateLines.MultipliersBeforeAsync(decider.Gate.Class, report, view.FirstKnownSlice, CancellationToken.None) : null;
    }
}
