using CoopGrid.Grains.Ledger;

namespace CoopGrid.Silo.Hosting;

/// <summary>Ends a process that finds its log sealed (L2): another one has taken over, and nothing decided here counts.</summary>
internal sealed partial class SealWatch(LedgerWriter ledger, IHostApplicationLifetime lifetime, ILogger<SealWatch> logger) : BackgroundService
{
    /// <summary>The process's exit code.</summary>
    public const int ExitCode = 3;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await ledger.Sealed.WaitAsync(stoppingToken);
        LogSealed(ledger.Producer);
        Environment.ExitCode = ExitCode;
        lifetime.StopApplication();
    }

    [LoggerMessage(LogLevel.Critical, "Producer {Producer} is sealed: another process has taken its members over. This one stops.")]
    private partial void LogSealed(long producer);
}
