using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Ledger;
using Microsoft.Extensions.Logging;

namespace CoopGrid.Grains.Usage;

/// <summary>Lets members go that other silos want (L4), as long as this silo's log is open: also while it stops.</summary>
internal sealed partial class WantWatch(
    IClaimStore store, ClaimTable claims, Checkpointer checkpointer, LedgerWriter ledger, GridClock clock, ILogger<WantWatch> logger)
{
    private const int AtOnce = 256;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs until it is cancelled.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "A store that fails is asked again.")]
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                IReadOnlyList<ClaimRow> wanted = await store.WantedAsync(ledger.Producer, AtOnce, LookEvery, cancellation);
                await Task.WhenAll(wanted.Select(row => claims.LeaveAsync(row, claim => Save(claim, cancellation))));
            }
            catch (Exception failure)
            {
                if (cancellation.IsCancellationRequested) return;
                LogFailed(failure);
                await Task.Delay(TryAgainAfter, clock.Time, CancellationToken.None);
            }
        }
    }

    // The member is out of the table: until all of it is stored nobody may have it, we neither.
    [SuppressMessage("Design", "CA1031", Justification = "A store that fails is asked again.")]
    private async Task Save(MemberClaim claim, CancellationToken cancellation)
    {
        while (!claim.IsSaved)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                await checkpointer.SaveAsync(claim);
            }
            catch (Exception failure)
            {
                LogFailed(failure);
                await Task.Delay(TryAgainAfter, clock.Time, cancellation);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Members that other silos want could not be let go; it is tried again.")]
    private partial void LogFailed(Exception failure);
}
