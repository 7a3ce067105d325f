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

    [SuppressMessage("Design", "CA1031", Justification = "What cannot be asked now is asked again.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (ClassId @class in await heads.ListAsync(stoppingToken)) await Look(@class);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotLooked(failure);
            }
        }
    }

    private async Task Look(ClassId @class)
    {
        foreach (ClassEpochFigures epoch in await grains.GetGrain<IClassGrain>(@class.ToString()).GetEpochs())
        {
            if (epoch.IsFrozen) await grains.GetGrain<IClosingGrain>(@class.ToString()).Close(epoch.Number);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Classes could not be asked for epochs to close; it is tried again.")]
    private partial void LogNotLooked(Exception failure);
}
