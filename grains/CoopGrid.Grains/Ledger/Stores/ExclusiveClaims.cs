using CoopGrid.Model;

namespace CoopGrid.Grains.Ledger;

/// <summary>Claims where one process has the store to itself: they are all its own, and nobody wants them.</summary>
public sealed class ExclusiveClaims(TimeProvider time) : IClaimStore
{
    public Task<IReadOnlyList<ClaimRow>> TakeAsync(long producer, IReadOnlyList<MemberId> members, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<ClaimRow>>([.. members.Select(member => new ClaimRow(member, 1, producer))]);

    public Task ReleaseAsync(IReadOnlyList<ClaimRow> claims, CancellationToken cancellation) => Task.CompletedTask;

    public Task<IReadOnlyList<ClaimRow>> ReadAsync(IReadOnlyList<MemberId> members, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<ClaimRow>>([.. members.Select(member => new ClaimRow(member, 0, 0))]);

    public async Task<IReadOnlyList<ClaimRow>> WantedAsync(long holder, int limit, TimeSpan wait, CancellationToken cancellation)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
        return [];
    }
}
