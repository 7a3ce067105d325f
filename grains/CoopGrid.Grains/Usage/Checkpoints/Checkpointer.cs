using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CoopGrid.Domain.Admission;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Writes dirty members' checkpoints, oldest first, so that the ledger's tail stays bounded (L6), and then deletes the segments that every
/// member and class is beyond. One loop: it is the only writer of members' checkpoints.
/// </summary>
internal sealed partial class Checkpointer(
    DirtyQueue dirty,
    ClaimTable claims,
    CheckpointStore store,
    Retention retention,
    LedgerWriter ledger,
    ClassGates gates,
    GridClock clock,
    IOptions<CheckpointOptions> options,
    ILogger<Checkpointer> logger) : BackgroundService
{
    private readonly List<Dirty> _failed = [];

    /// <summary>Writes every dirty claim now, whatever its age: for a stop, and for tests.</summary>
    public async Task SaveAllAsync(CancellationToken cancellation)
    {
        while (dirty.Head is { } head)
        {
            cancellation.ThrowIfCancellationRequested();
            await SaveHead(head);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "A failing store is retried; the ledger's tail holds what is not saved.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.LookEveryMs), clock.Time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Retry();
                while (dirty.Head is { } head && IsDue(head) && !stoppingToken.IsCancellationRequested) await SaveHead(head);
                await retention.DeleteAsync(LowestUnsaved(), stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(failure);
            }
        }
    }

    private bool IsDue(Dirty head) =>
        head.At.Producer != ledger.Producer
        || ledger.NextPosition - head.At.Position >= options.Value.MaxTailSegments
        || clock.Read().Micros - head.SinceMicros >= options.Value.MaxAgeMs * 1000L;

    private LedgerPosition LowestUnsaved()
    {
        // The ledger's position first: whoever enters an empty queue after that appends at this position or after it.
        var lowest = new LedgerPosition(ledger.Producer, ledger.NextPosition);
        if (dirty.Head is { } head && head.At.CompareTo(lowest) < 0) lowest = head.At;
        foreach (Dirty failed in _failed)
        {
            if (failed.At.CompareTo(lowest) < 0) lowest = failed.At;
        }

        return lowest;
    }

    [SuppressMessage("Design", "CA1031", Justification = "One member that cannot be saved must not keep the others from it.")]
    private async Task Retry()
    {
        Exception? failed = null;
        for (int i = _failed.Count - 1; i >= 0; i--)
        {
            try
            {
                await Save(_failed[i].Claim);
                _failed.RemoveAt(i);
            }
            catch (Exception failure)
            {
                failed = failure;
            }
        }

        if (failed is not null) LogFailed(failed);
    }

    private async Task SaveHead(Dirty head)
    {
        // Entries from here on put the claim back into the queue, behind what is being saved.
        lock (head.Claim.Gate) dirty.Take();
        _failed.Add(head);
        await Save(head.Claim);
        _failed.Remove(head);
    }

    private async Task Save(MemberClaim claim)
    {
        MemberCheckpoint checkpoint;
        ImmutableArray<Remembered> keys;
        Commit? commit;
        lock (claim.Gate)
        {
            if (claim.IsSaved)
            {
                claims.TryEvict(claim);
                return;
            }

            claim.Saving = true;
            (checkpoint, keys) = Snapshot(claim);
            commit = claim.LastCommit;
        }

        try
        {
            // A checkpoint holds committed entries only.
            if (commit is not null && !await commit.Committed()) throw new IOException("The ledger could not commit what is to be checkpointed.");
            StoredCheckpoint stored = await store.SaveAsync(claim.Member, claim.Stored, checkpoint, keys);
            lock (claim.Gate) claim.Stored = stored;
        }
        finally
        {
            lock (claim.Gate)
            {
                claim.Saving = false;
                claims.TryEvict(claim);
            }
        }
    }

    private (MemberCheckpoint Checkpoint, ImmutableArray<Remembered> Keys) Snapshot(MemberClaim claim)
    {
        Instant horizon = Horizon(new(claim.Member.Coop, claim.Account.Class));
        claim.Account.Keys.Forget(horizon);
        ImmutableArray<Remembered> keys = [.. claim.Account.Keys.After(claim.Stored.Sequence)];
        ImmutableArray<KeyBlockRef> blocks = claim.Stored.Blocks.RemoveAll(block => block.Newest < horizon);
        if (!keys.IsEmpty) blocks = blocks.Add(new(NextBlock(claim.Stored), keys.Max(key => key.Admitted.At)));
        return (MemberCheckpoint.From(claim.Account, claim.Newest.Producer, claim.Newest.Position, blocks), keys);
    }

    /// <summary>Keys admitted before it are past their class's dedupe window; none are while that is not known here.</summary>
    private Instant Horizon(ClassId @class) => gates.DedupeWindowMs(@class) is { } window
        ? clock.Read().Now.PlusMs(-Math.Max(window, options.Value.KeepKeysMs))
        : new(long.MinValue);

    private static long NextBlock(StoredCheckpoint before) => before.Blocks.IsEmpty ? 1 : before.Blocks[^1].Number + 1;

    [LoggerMessage(LogLevel.Warning, "Checkpoints could not be written; the ledger keeps what they miss, and they are tried again.")]
    private partial void LogFailed(Exception failure);
}
