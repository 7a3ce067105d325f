using System.Collections.Concurrent;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// The members that this silo holds in memory, each by one claim (L4). Grain activations come and go; the account stays here until
/// a checkpoint holds all of it and no activation owns it.
/// </summary>
internal sealed class ClaimTable(CheckpointStore store, DirtyQueue dirty)
{
    private readonly ConcurrentDictionary<MemberId, MemberClaim> _claims = new();
    private readonly ConcurrentDictionary<MemberId, Lazy<Task<MemberClaim>>> _loads = new();

    /// <summary>How many members are in memory.</summary>
    public int Count => _claims.Count;

    /// <summary>Gives the member's account to <paramref name="owner"/>, from whoever had it.</summary>
    public async ValueTask<MemberClaim> ClaimAsync(MemberId member, object owner)
    {
        while (true)
        {
            MemberClaim claim = await Resident(member);
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

    /// <summary>The activation is gone; the account stays until it is checkpointed.</summary>
    public void Release(MemberClaim claim, object owner)
    {
        lock (claim.Gate)
        {
            if (ReferenceEquals(claim.Owner, owner)) claim.Owner = null;
            TryEvict(claim);
        }
    }

    /// <summary>Adds an entry of a predecessor's log, unless the member's checkpoint holds it.</summary>
    /// <returns>Whether it was added.</returns>
    public async Task<bool> ReplayAsync(MemberId member, MemberEntry entry, LedgerPosition at)
    {
        MemberClaim claim = await Resident(member);
        lock (claim.Gate)
        {
            if (entry.Sequence <= claim.Account.Sequence) return false;
            dirty.Enter(claim, at);
            claim.Add(entry, at, commit: null);
            return true;
        }
    }

    /// <summary>Drops what a replay has loaded and had nothing to add to.</summary>
    public void EvictIdle()
    {
        foreach (MemberClaim claim in _claims.Values)
        {
            lock (claim.Gate) TryEvict(claim);
        }
    }

    /// <summary>Drops a claim that nobody owns and that its checkpoint holds wholly. Call under its gate.</summary>
    public void TryEvict(MemberClaim claim)
    {
        if (claim.Owner is not null || claim.Queued || !claim.IsSaved || claim.Evicted) return;
        claim.Evicted = true;
        _claims.TryRemove(claim.Member, out _);
    }

    private ValueTask<MemberClaim> Resident(MemberId member) =>
        _claims.TryGetValue(member, out MemberClaim? claim) ? new(claim) : new(Loaded(member));

    private async Task<MemberClaim> Loaded(MemberId member)
    {
        // One load per member at a time: a late loser's load could bring back an account from before an eviction.
        Lazy<Task<MemberClaim>> load = _loads.GetOrAdd(member, id => new(() => Load(id)));
        try
        {
            return await load.Value;
        }
        finally
        {
            _loads.TryRemove(new(member, load));
        }
    }

    private async Task<MemberClaim> Load(MemberId member)
    {
        // An earlier load may have ended since the caller looked.
        if (_claims.TryGetValue(member, out MemberClaim? claim)) return claim;
        claim = await store.LoadAsync(member);
        _claims[member] = claim;
        return claim;
    }
}
