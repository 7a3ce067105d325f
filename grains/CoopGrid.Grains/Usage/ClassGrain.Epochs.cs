using System.Collections.Immutable;
using CoopGrid.Domain.Billing;
using CoopGrid.Grains.Billing;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <content>Keeps the billing epochs: announces them, counts them, and says when they are frozen.</content>
internal sealed partial class ClassGrain
{
    private (EpochSchedule Schedule, Task Flush)? _announcing;

    public ValueTask<ImmutableArray<ClassEpochFigures>> GetEpochs()
    {
        if (_log is null)
        {
            Forget();
            return new([]);
        }

        Roll(clock.Read().Now);
        return new([.. _fold.Epochs.All.Select(Figures).OfType<ClassEpochFigures>()]);
    }

    public async Task EpochBilled(long number)
    {
        if (_log is null) throw new InvalidOperationException($"There is no class {_id}.");
        if (number < _stored.Last.FirstUnbilled) return;
        if (_fold.Epochs.Of(number) is not { } billed || !IsFrozen(billed)) throw new InvalidOperationException($"Epoch {number} of {_id} is not frozen.");
        _fold.Epochs.DropBefore(number);
        await Write(last => CheckpointAfter(last) with { FirstUnbilled = number + 1 });
    }

    public ValueTask<long> GetLateTotal(long number) => new(_fold.Epochs.LateOf(number));

    /// <summary>
    /// Announces further epochs when it is time. They are stored first: what was announced must stay, whoever the class's next activation is. The flush may take seconds,
    /// in which gates want their leases: it is looked after, not waited for.
    /// </summary>
    private async Task Announce(Instant now)
    {
        if (_announcing is var (stored, flush))
        {
            if (!flush.IsCompleted) return;
            _announcing = null;
            await flush;
            _fold.Epochs.Plan = PlanOf(stored);
        }

        EpochPlan plan = _fold.Epochs.Plan!;
        EpochSchedule next = EpochScheduleRule.Extend(plan, PolicyAt(plan.Schedule.Until), Zone, now);
        if (ReferenceEquals(next, plan.Schedule)) return;
        await Write(last => CheckpointAfter(last) with { Schedule = next });
        _announcing = (next, checkpoints.FlushAsync(CancellationToken.None));
    }

    private EpochPlan PlanOf(EpochSchedule schedule) => new(schedule, _history!.Newest.Window, Zone);

    private ClassPolicy PolicyAt(long slice) => _history!.InForceAt(slice).Policy;

    private void RollEpochs(long slice)
    {
        _fold.Epochs.Roll(slice, _fold.Members);
        _fold.Epochs.Rate(slice, PolicyAt);
    }

    /// <summary>
    /// Every producer has promised that nothing more is added to the epoch or given back in it, and all of it is heard (L5a); what decays at its end is known, and
    /// what its slots cost is handed in.
    /// </summary>
    private bool IsFrozen(EpochTotals totals) => _fold.Epochs.Plan is { } plan && totals.Epoch.End <= plan.ClosedBefore(_openSlice)
        && _bank?.IsFinal(totals.Epoch.End - 1) != false
        && _slotBills!.HandedInBefore >= _history!.Newest.Window.StartOf(totals.Epoch.End);

    private ClassEpochFigures? EpochSoFar() => _fold.Epochs.At(_fold.Window.Newest) is { } running ? Figures(running) : null;

    private ClassEpochFigures? Figures(EpochTotals totals) => _fold.Epochs.FiguresOf(_id, totals) is { } figures
        ? EpochMapping.ToMessage(figures, totals.Epoch.First, totals.Epoch.End, IsFrozen(totals))
        : null;
}
