using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Billing;

/// <summary>
/// Closes a class's epochs, the oldest first, a step at a time. After each it rests for as long as the step took: bills can wait, and admissions cannot. It has no state
/// of its own: all is in the store.
/// </summary>
[GrainType("closing")]
internal sealed partial class ClosingGrain(
    IBillStore store, IMemberDirectory directory, IEpochFigures figures, GridClock clock, ILogger<ClosingGrain> logger) : Grain, IClosingGrain
{
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(1);

    private readonly EpochCloser _closer = new(store, directory, figures, clock);
    private readonly SortedSet<long> _open = [];
    private ClassId _id;
    private IGrainTimer? _timer;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _id = ClassId.Parse(this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    public ValueTask Close(long epoch)
    {
        _open.Add(epoch);
        _timer ??= this.RegisterGrainTimer(GoOn, new GrainTimerCreationOptions(TimeSpan.Zero, ShortestRest) { KeepAlive = true });
        return ValueTask.CompletedTask;
    }

    [SuppressMessage("Design", "CA1031", Justification = "A store that fails is asked again; a step of unknown outcome is found in it.")]
    private async Task GoOn(CancellationToken cancellation)
    {
        long epoch = _open.Min, began = clock.Time.GetTimestamp();
        try
        {
            ClosingProgress progress = await _closer.StepAsync(_id, epoch, cancellation);
            Rest(progress == ClosingProgress.Waiting ? AfterTrouble : clock.Time.GetElapsedTime(began));
            if (progress is ClosingProgress.UnderWay or ClosingProgress.Waiting) return;
            if (progress == ClosingProgress.Closed) LogClosed(_id, epoch);
            if (progress != ClosingProgress.NotFrozen) await figures.BilledAsync(_id, epoch, cancellation);

            _open.Remove(epoch);
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            LogFailed(failure, _id, epoch);
            Rest(AfterTrouble);
        }

        if (_open.Count > 0) return;
        _timer!.Dispose();
        _timer = null;
    }

    private void Rest(TimeSpan time)
    {
        TimeSpan rest = time > ShortestRest ? time : ShortestRest;
        _timer!.Change(rest, rest);
    }

    [LoggerMessage(LogLevel.Information, "Epoch {Epoch} of class {Class} is closed.")]
    private partial void LogClosed(ClassId @class, long epoch);

    [LoggerMessage(LogLevel.Warning, "The closing of epoch {Epoch} of class {Class} was held up; it goes on.")]
    private partial void LogFailed(Exception failure, ClassId @class, long epoch);
}
