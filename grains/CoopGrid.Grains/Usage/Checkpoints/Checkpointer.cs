using System.Collections.Concurrent;
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
/// Writes dirty members' checkpoints, some side by side, oldest first, so that the ledger's tail stays bounded (L6), and then has the segments
/// deleted that every member and class is beyond. One loop takes from the queue; a member's checkpoints are written one after another.
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
    private const ConfigureAwaitOptions AfterIt =
        ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding;

    // Taken from the queue and not saved yet, because that is under way or has failed.
    private readonly ConcurrentDictionary<Dirty, bool> _taken = new();

    /// <summary>Writes every dirty claim now, whatever its age: for a stop, and for tests.</summary>
    /// <exception cref="AggregateException">Some could not be written.</exception>
    public async Task SaveAllAsync(CancellationToken cancellation)
    {
        while (Take(_ => true) is { Count: > 0 } some)
        {
            cancellation.ThrowIfCancellationRequested();
            await Save(some);
        }
    }

    /// <summary>Writes all of one member's account; returns when that is done. A failure is the caller's to try again.</summary>
    public Task SaveAsync(MemberClaim claim)
    {
        lock (claim.Gate) return claim.LastSave = After(claim.LastSave, claim);
    }

    [SuppressMessage("Design", "CA1031", Justification = "A failing store is retried; the ledger's tail holds what is not saved.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.LookEveryMs), clock.Time);
        long deletedMicros = 0;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Save([.. _taken.Keys.OrderBy(failed => failed.At).ThenBy(failed => failed.Claim.Member.ToString(), StringComparer.Ordinal)]);
                while (!stoppingToken.IsCancellationRequested && Take(IsDue) is { Count: > 0 } some) await Save(some);
                if (clock.Read().Micros - deletedMicros < options.Value.DeleteEveryMs * 1000L) continue;
                await retention.DeleteAsync(LowestUnsaved(), stoppingToken);
                deletedMicros = clock.Read().Micros;
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(failure);
            }
        }
    }

    private bool IsDue(Dirty head) =>
        head.IsUrgent
        || ledger.NextPosition - head.At.Position >= options.Value.MaxTailSegments
        || clock.Read().Micros - head.SinceMicros >= options.Value.MaxAgeMs * 1000L;

    private LedgerPosition LowestUnsaved()
    {
        // The ledger's position first: whoever enters an empty queue after that appends at this position or after it. What is being committed is not
        // there to be deleted yet.
        var lowest = new LedgerPosition(ledger.Producer, ledger.CommittedPosition + 1);
        if (dirty.Lowest is { } waiting && waiting.CompareTo(lowest) < 0) lowest = waiting;
        foreach (Dirty taken in _taken.Keys)
        {
            if (taken.At.CompareTo(lowest) < 0) lowest = taken.At;
        }

        return lowest;
    }

    private List<Dirty> Take(Func<Dirty, bool> isDue)
    {
        List<Dirty> taken = [];
        while (taken.Count < options.Value.SideBySide && dirty.Head is { } head && isDue(head))
        {
            _taken[head] = true;

            // Entries from here on put the claim back into the queue, behind what is being saved.
            lock (head.Claim.Gate) dirty.Take(head);
            taken.Add(head);
        }

        return taken;
    }

    private async Task Save(IReadOnlyList<Dirty> some)
    {
        // One member that cannot be saved must not keep the others from it: what fails stays among the taken.
        Task all = Task.WhenAll(some.Select(async one =>
        {
            await SaveAsync(one.Claim);
            _taken.TryRemove(one, out _);
        }));
        await all;
    }

    private async Task After(Task before, MemberClaim claim)
    {
        await before.ConfigureAwait(AfterIt);
        await Save(claim);
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
        if (!keys.IsEmpty) blocks = blocks.Add(new(NextBlock(claim.Stored), keys.Max(key => key.Admitted.At), ledger.Producer));
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
