using System.Collections.Concurrent;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// The members that this silo holds in memory, each by one claim (L4).
/// <list type="number">
/// <item>A member comes in by its claim in the store, its checkpoint, and what the tails of sealed producers have beyond it (L3).</item>
/// <item>Grain activations come and go; the account stays until a checkpoint holds all of it and no activation owns it. The claim in
/// the store stays ours beyond that.</item>
/// <item>A member that another silo wants leaves: nothing more is decided, all of it is checkpointed, and then the claim is released.</item>
/// <item>Coming and leaving of one member take turns; members do not wait for each other.</item>
/// </list>
/// </summary>
internal sealed class ClaimTable(Claimer claimer, IClaimStore store, CheckpointStore checkpoints, LedgerWriter ledger, DirtyQueue dirty)
{
    private readonly ConcurrentDictionary<MemberId, MemberClaim> _claims = new();
    private readonly ConcurrentDictionary<MemberId, Task> _turns = new();
    private int _awaited;

    /// <summary>How many members are in memory.</summary>
    public int Count => _claims.Count;

    /// <summary>Whether somebody waits for a member to come in.</summary>
    public bool IsAwaited => Volatile.Read(ref _awaited) > 0;

    /// <summary>Gives the member's account to <paramref name="owner"/>, from whoever had it.</summary>
    public async ValueTask<MemberClaim> ClaimAsync(MemberId member, object owner)
    {
        while (true)
        {
            MemberClaim claim = await Awaited(member);
            lock (claim.Gate)
            {
                if (claim.Evicted) continue;
                claim.Owner = owner;
                return claim;
            }
        }
    }

    /// <summary>The activation that may decide on the member, if there is one in memory. It may lose the claim at any moment.</summary>
    public object? OwnerOf(MemberId member) => _claims.TryGetValue(member, out MemberClaim? claim) ? claim.Owner : null;

    /// <summary>Whether the member's account is in memory, with an activation or without.</summary>
    public bool Holds(MemberId member) => _claims.ContainsKey(member);

    /// <summary>The activation is gone; the account stays until it is checkpointed.</summary>
    public void Release(MemberClaim claim, object owner)
    {
        lock (claim.Gate)
        {
            if (ReferenceEquals(claim.Owner, owner)) claim.Owner = null;
            TryEvict(claim);
        }
    }

    /// <summary>Brings a member in that nobody has asked for, so that what its checkpoint lacks is checkpointed.</summary>
    /// <returns>Up to which entry its stored checkpoint goes now.</returns>
    public async Task<long> RecoverAsync(MemberId member)
    {
        MemberClaim claim = await Resident(member);
        lock (claim.Gate)
        {
            TryEvict(claim);
            return claim.Stored.Sequence;
        }
    }

    /// <summary>Lets a member go to the silo that wants it.</summary>
    /// <param name="wanted">The claim as the store has it.</param>
    /// <param name="save">Checkpoints all of an account; tried again by it until that is done.</param>
    public Task LeaveAsync(ClaimRow wanted, Func<MemberClaim, Task> save) => InTurn(wanted.Member, async () =>
    {
        if (_claims.TryGetValue(wanted.Member, out MemberClaim? claim))
        {
            Evict(claim);
            await save(claim);
        }

        // If we have taken the claim again since it was read, this releases nothing, and the next look finds it wanted again.
        await store.ReleaseAsync([wanted], CancellationToken.None);
        return true;
    });

    /// <summary>Drops a claim that nobody owns and that its checkpoint holds wholly. Call under its gate.</summary>
    public void TryEvict(MemberClaim claim)
    {
        if (claim.Owner is not null || claim.Queued || !claim.IsSaved || claim.Evicted) return;
        claim.Evicted = true;
        _claims.TryRemove(claim.Member, out _);
    }

    private void Evict(MemberClaim claim)
    {
        lock (claim.Gate)
        {
            (claim.Owner as IClaimOwner)?.Moved();
            claim.Owner = null;
            claim.Evicted = true;
            _claims.TryRemove(claim.Member, out _);
        }
    }

    private async ValueTask<MemberClaim> Awaited(MemberId member)
    {
        if (_claims.TryGetValue(member, out MemberClaim? claim)) return claim;
        Interlocked.Increment(ref _awaited);
        try
        {
            return await Resident(member);
        }
        finally
        {
            Interlocked.Decrement(ref _awaited);
        }
    }

    private ValueTask<MemberClaim> Resident(MemberId member) =>
        _claims.TryGetValue(member, out MemberClaim? claim) ? new(claim) : new(InTurn(member, () => Load(member)));

    private async Task<MemberClaim> Load(MemberId member)
    {
        // An earlier turn may have brought it in.
        if (_claims.TryGetValue(member, out MemberClaim? claim)) return claim;

        // The claim, then the tails, then the checkpoint: a producer that is drained meanwhile has left everything in the checkpoint.
        ClaimTaken taken = await claimer.TakeAsync(member);
        claim = await checkpoints.LoadAsync(member);
        lock (claim.Gate)
        {
            Replay(claim, taken.Tails);
            _claims[member] = claim;
        }

        return claim;
    }

    private void Replay(MemberClaim claim, IReadOnlyList<SealedTail> tails)
    {
        var missed = tails.SelectMany(tail => tail.Of(claim.Member))
            .Select(entry => (entry.At, Entry: MemberEntryCodec.Decode(entry.Bytes.Span)))
            .Where(entry => entry.Entry.Sequence > claim.Account.Sequence)
            .OrderBy(entry => entry.Entry.Sequence)
            .ToList();
        if (missed.Count == 0) return;
        dirty.Enter(claim, new(ledger.Producer, ledger.NextPosition), urgent: true);
        foreach ((LedgerPosition at, MemberEntry entry) in missed) claim.Add(entry, at, commit: null);
    }

    private async Task<T> InTurn<T>(MemberId member, Func<Task<T>> work)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before = Task.CompletedTask;
        _ = _turns.AddOrUpdate(member, mine.Task, (_, last) =>
        {
            before = last;
            return mine.Task;
        });
        try
        {
            await before;
            return await work();
        }
        finally
        {
            _turns.TryRemove(new(member, mine.Task));
            mine.SetResult();
        }
    }
}
