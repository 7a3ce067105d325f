using CoopGrid.Grains.Ledger;
using CoopGrid.Silo.Grpc;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CoopGrid.Silo.Hosting;

/// <summary>Serving once the charter is founded, while the silo is one of its cluster's, and while its store answers and the ledger takes decisions.</summary>
internal sealed class GridHealth(LedgerWriter ledger, IClusterMembershipService membership, ILocalSiloDetails local, Senders senders) : IHealthCheck
{
    public bool IsServing { get; set; }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!IsServing) return Task.FromResult(HealthCheckResult.Unhealthy("starting or stopping"));
        if (membership.CurrentSnapshot.GetSiloStatus(local.SiloAddress) != SiloStatus.Active)
            return Task.FromResult(HealthCheckResult.Unhealthy("the silo is not active in its cluster"));

        // A silo without a request commits nothing, and would not notice.
        if (!senders.IsTrusted) return Task.FromResult(HealthCheckResult.Unhealthy("the database does not answer"));
        return Task.FromResult(ledger.IsStalled
            ? HealthCheckResult.Unhealthy("the ledger cannot commit; decisions are answered UNAVAILABLE until it can")
            : HealthCheckResult.Healthy());
    }
}
