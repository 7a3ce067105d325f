using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Usage;

namespace CoopGrid.Grains.Hosting;

/// <summary>
/// The order in which a silo's memory comes and goes: the ledger is opened, and the logs of dead silos are read, before any grain is
/// served; on the way out everything is checkpointed, and the ledger is closed and sealed last.
/// </summary>
internal sealed class GridLifecycle(
    LedgerWriter ledger,
    ILedgerStore store,
    ISiloMembership membership,
    SealedTails tails,
    TickPublisher ticks,
    Checkpointer checkpointer,
    Sealer sealer,
    Drainer drainer,
    WantWatch wants,
    ClassGates gates,
    Background background)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private const int AfterStorage = ServiceLifecycleStage.ApplicationServices + 1;

    private readonly CancellationTokenSource _closed = new();

    public void Participate(ISiloLifecycle observer)
    {
        observer.Subscribe("CoopGrid.Ledger", AfterStorage, OpenLedger, CloseLedger);
        observer.Subscribe("CoopGrid.Loops", ServiceLifecycleStage.Active, StartLoops, StopLoops);
    }

    public void Dispose() => _closed.Dispose();

    private async Task OpenLedger(CancellationToken cancellation)
    {
        await ledger.OpenAsync(await membership.OwnAsync(cancellation), cancellation);
        ledger.Observe(ticks);

        // A damaged log is found now, and not by a caller.
        await tails.RefreshAsync(cancellation);
        background.Run(() => wants.RunAsync(_closed.Token));
    }

    private async Task CloseLedger(CancellationToken cancellation)
    {
        try
        {
            await checkpointer.SaveAllAsync(cancellation);
        }
        finally
        {
            // What is not checkpointed in time is in the log, if that is closed in order; sealed, its members are anybody's.
            await _closed.CancelAsync();
            await ledger.DisposeAsync();
            await store.SealAsync(ledger.Producer, CancellationToken.None);
        }
    }

    private async Task StartLoops(CancellationToken cancellation)
    {
        await ticks.StartAsync(cancellation);
        await checkpointer.StartAsync(cancellation);
        await sealer.StartAsync(cancellation);
        await drainer.StartAsync(cancellation);
        gates.Start();
    }

    private async Task StopLoops(CancellationToken cancellation)
    {
        gates.Stop();
        await drainer.StopAsync(cancellation);
        await sealer.StopAsync(cancellation);
        await checkpointer.StopAsync(cancellation);
        await ticks.StopAsync(cancellation);
    }
}
