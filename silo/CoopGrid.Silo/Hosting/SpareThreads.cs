using CoopGrid.Grains.Ledger;
using CoopGrid.Silo.Grpc;

namespace CoopGrid.Silo.Hosting;

/// <summary>
/// Keeps a silo answering while its database hangs. Npgsql, when a statement takes too long, asks the server to cancel it, and blocks a thread of the pool until that has failed too;
/// the pool, which has a thread for each core, makes up for blocked ones slowly only, and calls that could be refused at once would wait for seconds. So while the database does not
/// answer the pool may have one more thread for each connection at once. Always, that would make threads fight for the cores.
/// </summary>
internal sealed class SpareThreads(LedgerWriter ledger, Senders senders, int connections, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ThreadPool.GetMinThreads(out int workers, out int completions);
        bool spared = false;
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            bool away = ledger.IsStalled || !senders.IsTrusted;
            if (away != spared) ThreadPool.SetMinThreads(away ? workers + connections : workers, completions);
            spared = away;
        }
    }
}
