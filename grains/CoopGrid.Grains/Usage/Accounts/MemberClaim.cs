using System.Collections.Immutable;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// A member's account in this silo, and who may decide on it (L4). Every decision, append and change happens under
/// <see cref="Gate"/> and only for <see cref="Owner"/>: a newer activation takes the account over as it is, pending entries and keys
/// included, and the older one is refused.
/// </summary>
internal sealed class MemberClaim(MemberId member, MemberAccount account, StoredCheckpoint stored)
{
    /// <summary>Held for the length of one synchronous decision, never across a wait.</summary>
    public Lock Gate { get; } = new();

    public MemberId Member { get; } = member;

    public MemberAccount Account { get; } = account;

    /// <summary>The stored checkpoint that the account goes beyond.</summary>
    public StoredCheckpoint Stored { get; set; } = stored;

    /// <summary>The activation that may decide, or null.</summary>
    public object? Owner { get; set; }

    /// <summary>Out of the table: whoever still holds this claim must ask for the member's claim again.</summary>
    public bool Evicted { get; set; }

    /// <summary>The commit of the newest entry; null if that was replayed, and so is committed.</summary>
    public Commit? LastCommit { get; set; }

    /// <summary>Where the newest entry is, or will be.</summary>
    public LedgerPosition Newest { get; set; } = stored.At;

    /// <summary>Whether it waits in the dirty queue.</summary>
    public bool Queued { get; set; }

    /// <summary>Whether a checkpoint of it is being written.</summary>
    public bool Saving { get; set; }

    /// <summary>The last of its checkpoints that were asked for: they are written one after another.</summary>
    public Task LastSave { get; set; } = Task.CompletedTask;

    /// <summary>Whether nothing would be lost with it. Another silo that took the member over may have stored more than we know.</summary>
    public bool IsSaved => !Saving && Stored.Sequence >= Account.Sequence;

    /// <summary>Adds an entry that the ledger has taken. Call under <see cref="Gate"/>.</summary>
    public void Add(MemberEntry entry, LedgerPosition at, Commit? commit)
    {
        Account.Apply(entry);
        LastCommit = commit;
        Newest = at;
    }
}

/// <summary>An activation that a member's claim is given to.</summary>
internal interface IClaimOwner
{
    /// <summary>Another activation owns the claim. Called under the claim's gate, on any thread and more than once.</summary>
    void Moved();
}

/// <summary>A place in the ledger.</summary>
internal readonly record struct LedgerPosition(long Producer, long Position) : IComparable<LedgerPosition>
{
    public int CompareTo(LedgerPosition other) =>
        Producer != other.Producer ? Producer.CompareTo(other.Producer) : Position.CompareTo(other.Position);
}

/// <summary>What is stored of a member now.</summary>
/// <param name="At">The place of the last entry that the checkpoint holds.</param>
/// <param name="Sequence">That entry's number; 0 if nothing is stored.</param>
/// <param name="Blocks">Its key blocks, oldest first.</param>
/// <param name="ETag">Its version in the storage; null if nothing is stored.</param>
internal sealed record StoredCheckpoint(LedgerPosition At, long Sequence, ImmutableArray<KeyBlockRef> Blocks, string? ETag)
{
    public static StoredCheckpoint Nothing { get; } = new(default, 0, [], null);
}
