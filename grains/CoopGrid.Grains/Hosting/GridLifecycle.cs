using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;

namespace CoopGrid.Grains.Hosting;

/// <summary>
/// The order in which a silo's memory comes and goes: the ledger is opened and its predecessors are replayed before any grain is
/// served; on the way out everything is checkpointed, and the ledger is closed last.
/// </summary>
internal sealed class GridLifecycle(
    LedgerWriter ledger, LedgerRecovery recovery, TickPublisher ticks, Checkpointer checkpointer, ClassGates gates)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private const int AfterStorage = ServiceLifecycleStage.ApplicationServices + 1;

    public void Participate(ISiloLifecycle observer)
    {
        observer.Subscribe("CoopGrid.Ledger", AfterStorage, OpenLedger, CloseLedger);
        observer.Subscribe("CoopGrid.Loops", ServiceLifecycleStage.Active, StartLoops, StopLoops);
    }

    private async Task OpenLedger(CancellationToken cancellation)
    {
        await ledger.OpenAsync(new(Environment.MachineName, 0), cancellation);
        ledger.Observe(ticks);
        await recovery.ReplayAsync(cancellation);
    }

    private async Task CloseLedger(CancellationToken cancellation)
    {
        try
        {
            await checkpointer.SaveAllAsync(cancellation);
        }
        finally
        {
            // What is not checkpointed in time is in the log, if that is closed in order.
            await ledger.DisposeAsync();
        }
    }

    private async Task StartLoops(CancellationToken cancellation)
    {
        await ticks.StartAsync(cancellation);
        await checkpointer.StartAsync(cancellation);
    }

    private async Task StopLoops(CancellationToken cancellation)
    {
        gates.Stop();
        await checkpointer.StopAsync(cancellation);
        await ticks.StopAsync(cancellation);
    }
}
