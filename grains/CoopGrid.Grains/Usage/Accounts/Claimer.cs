using System.Diagnostics.CodeAnalysis;
using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Takes members' claims in the store (L4), many at once: those asked for while one batch is under way go into the next. A claim that
/// another open producer holds is wanted, and asked for again until that one lets it go or is sealed.
/// </summary>
internal sealed class Claimer(IClaimStore store, SealedTails tails, LedgerWriter ledger, GridClock clock, Background background)
{
    private const int LargestBatch = 512;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(25);

    private readonly Lock _lock = new();
    private readonly Queue<Asking> _asking = new();
    private bool _pumping;

    /// <summary>Takes a member's claim; with it comes what sealed producers committed, as of a moment after the taking.</summary>
    /// <exception cref="ClaimHeldException">Its holder is alive and has not let it go in time.</exception>
    public async Task<ClaimTaken> TakeAsync(MemberId member)
    {
        long until = clock.Read().Micros + (long)Patience.TotalMicroseconds;
        while (true)
        {
            ClaimTaken taken = await Ask(member);
            if (taken.Row.Producer == ledger.Producer) return taken;
            if (clock.Read().Micros >= until) throw new ClaimHeldException(taken.Row);
            await Task.Delay(AskAgainAfter, clock.Time);
        }
    }

    private Task<ClaimTaken> Ask(MemberId member)
    {
        var asking = new Asking(member);
        lock (_lock)
        {
            _asking.Enqueue(asking);
            if (_pumping) return asking.Task;
            _pumping = true;
        }

        background.Run(Pump);
        return asking.Task;
    }

    private async Task Pump()
    {
        while (NextBatch() is { } batch) await Take(batch);
    }

    private List<Asking>? NextBatch()
    {
        lock (_lock)
        {
            if (_asking.Count == 0)
            {
                _pumping = false;
                return null;
            }

            List<Asking> batch = [];
            while (batch.Count < LargestBatch && _asking.TryDequeue(out Asking? asking)) batch.Add(asking);
            return batch;
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "The failure is handed to everybody of the batch.")]
    private async Task Take(List<Asking> batch)
    {
        try
        {
            IReadOnlyList<ClaimRow> rows = await store.TakeAsync(ledger.Producer, [.. batch.Select(asking => asking.Member)], CancellationToken.None);

            // Only now: a holder that was sealed before we took its claim is among those that are read here.
            IReadOnlyList<SealedTail> seen = await tails.RefreshAsync(CancellationToken.None);
            for (int i = 0; i < batch.Count; i++) batch[i].SetResult(new(rows[i], seen));
        }
        catch (Exception failure)
        {
            foreach (Asking asking in batch) asking.TrySetException(failure);
        }
    }

    private sealed class Asking(MemberId member) : TaskCompletionSource<ClaimTaken>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public MemberId Member { get; } = member;
    }
}

/// <summary>A claim, and the tails of all producers that were sealed and not drained when it had been taken.</summary>
internal sealed record ClaimTaken(ClaimRow Row, IReadOnlyList<SealedTail> Tails);

/// <summary>Another silo holds the member and is alive.</summary>
internal sealed class ClaimHeldException(ClaimRow row) : Exception($"Producer {row.Producer} has not let {row.Member} go in time.");
