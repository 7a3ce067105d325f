using CoopGrid.Grains.Ledger;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CoopGrid.Silo.Hosting;

/// <summary>Serving once the charter is founded, and while the ledger takes decisions.</summary>
internal sealed class GridHealth(LedgerWriter ledger) : IHealthCheck
{
    public bool IsServing { get; set; }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!IsServing) return Task.FromResult(HealthCheckResult.Unhealthy("starting or stopping"));
        return Task.FromResult(ledger.IsStalled
            ? HealthCheckResult.Unhealthy("the ledger cannot commit; decisions are answered UNAVAILABLE until it can")
            : HealthCheckResult.Healthy());
    }
}
