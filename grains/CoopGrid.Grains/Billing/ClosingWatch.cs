using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Billing;

/// <summary>
/// Has epochs closed once their figures are frozen. Every silo looks, now and then, at every class: a silo that dies takes only the intention with it, and
/// who is called twice does it once.
/// </summary>
public sealed partial class ClosingWatch(IClassHeads heads, IGrainFactory grains, GridClock clock, ILogger<ClosingWatch> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await Look(stoppingToken);
    }

    [SuppressMessage("Design", "CA1031", Justification = "What cannot be asked now is asked again.")]
    private async Task Look(CancellationToken stop)
    {
        try
        {
            foreach (ClassId @class in await heads.ListAsync(stop)) await Look(@class, stop);
        }
        catch (Exception failure)
        {
            if (!stop.IsCancellationRequested) LogNotListed(failure);
        }
    }

    // One class that fails holds no other up.
    [SuppressMessage("Design", "CA1031", Justification = "What cannot be asked now is asked again.")]
    private async Task Look(ClassId @class, CancellationToken stop)
    {
        try
        {
            foreach (ClassEpochFigures epoch in await grains.GetGrain<IClassGrain>(@class.ToString()).GetEpochs())
            {
                if (epoch.IsFrozen) await grains.GetGrain<IClosingGrain>(@class.ToString()).Close(epoch.Number);
            }
        }
        catch (Exception failure)
        {
            if (!stop.IsCancellationRequested) LogNotLooked(failure, @class);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Classes could not be listed for epochs to close; it is tried again.")]
    private partial void LogNotListed(Exception failure);

    [LoggerMessage(LogLevel.Warning, "Class {Class} could not be asked for epochs to close; it is tried again.")]
    private partial void LogNotLooked(Exception failure, ClassId @class);
}
