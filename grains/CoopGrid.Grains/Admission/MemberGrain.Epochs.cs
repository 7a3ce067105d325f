using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Admission;

/// <content>Shows what the member's bills are rated on.</content>
internal sealed partial class MemberGrain
{
    private WaitingLines? _waiting;

    public async ValueTask<EpochFiguresAnswer> GetEpoch(long number)
    {
        if (_decider is not { } decider) return new(EpochFiguresOutcome.MemberUnknown);
        EpochFiguresAnswer answer;
        Commit? commit;
        lock (_claim.Gate)
        {
            if (!decider.IsOwner) return new(EpochFiguresOutcome.Unavailable);
            answer = EpochOf(decider.Gate, number);
            commit = _claim.LastCommit;

            // A closing asks every member: whoever came into memory only for that leaves it at once, or all would be there for as long as the last one.
            if (answer.Figures is not null && decider.IsIdle) DeactivateOnIdle();
        }

        if (answer.Figures is null) return answer;
        if (!await IsDurable(commit)) return new(EpochFiguresOutcome.Unavailable);

        // Lines of epochs before this one stand on its bill; who left in it has a final bill, made now if nobody has.
        bool handedIn = await HandInLate(decider);
        if (_claim.Account.Final?.Epoch.Number != number) return answer;
        if (!handedIn) return new(EpochFiguresOutcome.Unavailable);
        await Revoke(decider);
        return await Settle(decider) is null ? answer : new(EpochFiguresOutcome.FinallyBilled);
    }

    public async ValueTask<ProjectedFigures?> ProjectBill()
    {
        if (_decider is not { } decider) return null;
        _waiting ??= new(bills, clock);
        ImmutableArray<byte[]> waiting = await _waiting.ReadAsync(_claim.Member, CancellationToken.None);
        lock (_claim.Gate)
        {
            if (!decider.IsOwner) throw new InvalidOperationException(RequestDecider.NotHere);
            return Projected(decider) is { } figures ? figures with { WaitingLines = waiting } : null;
        }
    }

    public ValueTask LinesChanged()
    {
        _waiting?.Forget();
        return default;
    }

    private EpochFiguresAnswer EpochOf(ClassGate gate, long number)
    {
        if (gate.View.Epochs is not { } epochs || epochs.Numbered(number) is not { } epoch) return new(EpochFiguresOutcome.EpochUnknown);

        // Our own promise: from here on this silo adds nothing to the epoch and gives nothing back in it, whatever the others have promised.
        if (epoch.End > gate.ClosedBefore(gate.Mark)) return new(EpochFiguresOutcome.NotFrozen);
        BankHistory? bank = gate.View.Bank;
        if (bank?.FinalThrough < epoch.End - 1) return new(EpochFiguresOutcome.NotFrozen);
        if (_claim.Account.FiguresOf(epoch, epoch.End - 1) is not { } figures) return new(EpochFiguresOutcome.Billed);

        // Who has not been touched since has decayed all the same.
        if (bank is not null) figures = figures with { DecayedUnits = figures.DecayedUnits + Settling.DecayAfter(_claim.Account, epoch, bank) };
        return new(EpochFiguresOutcome.Frozen, EpochMapping.ToMessage(figures));
    }

    private ProjectedFigures? Projected(RequestDecider decider)
    {
        ClassView view = decider.Gate.View;
        if (_claim.Account.Status == MemberStatus.Exited) return null;
        if (view.Signal.EpochSoFar is not { } heard || view.Epochs?.Numbered(heard.Number) is not { } epoch) return null;
        (Conditions now, _) = decider.Conditions();
        ClassId @class = decider.Gate.Class;
        Projection? projection = ProjectionRule.Of(
            EpochMapping.ToFigures(@class, heard), epoch, view.Signal.Members, _claim.Account, now.SliceOf(_claim.Account));
        if (projection is null) return null;
        WindowPolicy window = now.Policy.Window;
        return new()
        {
            Class = @class,
            ClassSoFar = EpochMapping.ToMessage(projection.Class, epoch.First, epoch.First + projection.Class.Slices, isFrozen: false),
            MemberSoFar = EpochMapping.ToMessage(projection.Member),
            Start = window.StartOf(epoch.First),
            End = window.StartOf(epoch.End),
        };
    }
}
