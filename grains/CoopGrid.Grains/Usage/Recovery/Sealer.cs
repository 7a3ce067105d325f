using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Ledger;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Seals the logs of silos that are dead for good (L4a), at every change of the membership and every ten seconds. Any silo may, and all do:
/// sealing twice is harmless, and none of them is needed for it.
/// </summary>
internal sealed partial class Sealer(ILedgerStore ledger, LedgerWriter own, ISiloMembership membership, TimeProvider time, ILogger<Sealer> logger)
    : BackgroundService
{
    private static readonly TimeSpan ScanEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>Seals what must be sealed now.</summary>
    public async Task SealAsync(CancellationToken cancellation)
    {
        foreach (ProducerRow producer in await ledger.ListProducersAsync(cancellation))
        {
            if (producer.State != ProducerState.Open || producer.Producer == own.Producer || !membership.IsGone(producer.Silo)) continue;
            ProducerRow sealedRow = await ledger.SealAsync(producer.Producer, cancellation);
            LogSealed(producer.Producer, sealedRow.Position, producer.Silo.Address);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A store that fails is asked again.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SealAsync(stoppingToken);
                await membership.ChangedAsync(ScanEvery, stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(failure);
                await Task.Delay(TryAgainAfter, time, stoppingToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Sealed producer {Producer} at {Position}: its silo {Silo} is dead.")]
    private partial void LogSealed(long producer, long position, string silo);

    [LoggerMessage(LogLevel.Warning, "Dead silos' logs could not be sealed; it is tried again.")]
    private partial void LogFailed(Exception failure);
}
