using System.Collections.Concurrent;
using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;

namespace CoopGrid.Grains.Usage;

/// <summary>
/// Members' checkpoints through Orleans' grain storage: the account without its keys, rewritten each time, and the keys in blocks,
/// each written once before the checkpoint that names it (L3).
/// </summary>
internal sealed class CheckpointStore(
    [FromKeyedServices(GrainStates.Storage)] IGrainStorage storage, ILedgerStore ledger)
{
    private readonly ConcurrentDictionary<long, long> _ends = new();

    private static readonly GrainType MemberType = GrainType.Create(GrainStates.Member);
    private static readonly GrainType KeysType = GrainType.Create(GrainStates.MemberKeys);

    /// <summary>Reads a member as it was last checkpointed; an account without entries if it never was.</summary>
    /// <exception cref="LedgerCorruptException">The checkpoint is beyond the log's end: the ledger was restored from an older copy.</exception>
    public async Task<MemberClaim> LoadAsync(MemberId member)
    {
        GrainState<MemberCheckpoint> state = await Read(member);
        if (!state.RecordExists || state.State is not { } checkpoint) return new(member, new MemberAccount(), StoredCheckpoint.Nothing);

        await ExpectWithinLog(member, checkpoint);
        MemberAccount account = checkpoint.ToAccount();
        long newest = 0;
        foreach (KeyBlockRef block in checkpoint.Blocks)
        {
            GrainState<KeyBlock> keys = await ReadBlock(member, block);
            foreach (byte[] entry in keys.State?.Entries ?? [])
            {
                // A block whose checkpoint seemed to fail and had arrived was written again, with later keys: those are in the next block too,
                // or in the log. Remembered twice, a key would push out all before it.
                long sequence = MemberEntryCodec.Head(entry).Sequence;
                if (sequence <= newest || sequence > checkpoint.Sequence) continue;
                account.Keys.Remember((Admitted)MemberEntryCodec.Decode(entry));
                newest = sequence;
            }
        }

        foreach (StoredReturn given in checkpoint.Returns) account.Keys.GiveBack(given.Key, given.Units);
        return new(member, account, Stored(checkpoint, state.ETag));
    }

    /// <summary>Up to which entry the member's checkpoint goes; 0 if it has none.</summary>
    public async Task<long> SequenceOfAsync(MemberId member) => (await Read(member)).State?.Sequence ?? 0;

    /// <summary>Writes the keys, then the checkpoint; <paramref name="keys"/> may be empty.</summary>
    /// <returns>What is stored then. Committed entries are one history, so a checkpoint that goes further is never written over (L3).</returns>
    /// <param name="checkpoint">All of its entries are committed. Its blocks end with the one that is written now, if there are keys.</param>
    public async Task<StoredCheckpoint> SaveAsync(
        MemberId member, StoredCheckpoint stored, MemberCheckpoint checkpoint, ImmutableArray<Remembered> keys)
    {
        if (!keys.IsEmpty) await WriteBlock(member, checkpoint.Blocks[^1], KeyBlock.From(keys));
        var state = new GrainState<MemberCheckpoint>(checkpoint, stored.ETag) { RecordExists = stored.ETag is not null };
        try
        {
            await storage.WriteStateAsync(GrainStates.Member, MemberGrainId(member), state);
        }
        catch (InconsistentStateException)
        {
            // An earlier write that seemed to fail has arrived after all, or a silo that was taken for dead has written.
            GrainState<MemberCheckpoint> arrived = await Read(member);
            if (arrived.State is { } other && other.Sequence >= checkpoint.Sequence) return Stored(other, arrived.ETag);
            state = new(checkpoint, arrived.ETag) { RecordExists = arrived.RecordExists };
            await storage.WriteStateAsync(GrainStates.Member, MemberGrainId(member), state);
        }

        foreach (KeyBlockRef gone in stored.Blocks)
        {
            if (!checkpoint.Blocks.Contains(gone)) await ClearBlock(member, gone);
        }

        return Stored(checkpoint, state.ETag);
    }

    private static StoredCheckpoint Stored(MemberCheckpoint checkpoint, string? etag) =>
        new(new(checkpoint.Producer, checkpoint.Position), checkpoint.Sequence, checkpoint.Blocks, etag);

    private async Task ExpectWithinLog(MemberId member, MemberCheckpoint checkpoint)
    {
        // Logs only grow: what was within one is within it.
        if (_ends.TryGetValue(checkpoint.Producer, out long end) && checkpoint.Position <= end) return;
        foreach (ProducerRow producer in await ledger.ListProducersAsync(CancellationToken.None)) _ends[producer.Producer] = producer.Position;
        if (_ends.TryGetValue(checkpoint.Producer, out end) && checkpoint.Position <= end) return;

        throw new LedgerCorruptException(
            checkpoint.Producer,
            checkpoint.Position,
            $"member {member} is checkpointed beyond the log's end: the ledger is older than the checkpoints; restore both from one backup");
    }

    private async Task WriteBlock(MemberId member, KeyBlockRef place, KeyBlock block)
    {
        // A crash between this write and the checkpoint's may have left a block of this number behind.
        GrainState<KeyBlock> state = await ReadBlock(member, place);
        state.State = block;
        await storage.WriteStateAsync(GrainStates.MemberKeys, BlockId(member, place), state);
    }

    private async Task ClearBlock(MemberId member, KeyBlockRef place)
    {
        GrainState<KeyBlock> state = await ReadBlock(member, place);
        if (state.RecordExists) await storage.ClearStateAsync(GrainStates.MemberKeys, BlockId(member, place), state);
    }

    private async Task<GrainState<KeyBlock>> ReadBlock(MemberId member, KeyBlockRef place)
    {
        var state = new GrainState<KeyBlock>(new KeyBlock());
        await storage.ReadStateAsync(GrainStates.MemberKeys, BlockId(member, place), state);
        return state;
    }

    private async Task<GrainState<MemberCheckpoint>> Read(MemberId member)
    {
        var state = new GrainState<MemberCheckpoint>(new MemberCheckpoint());
        await storage.ReadStateAsync(GrainStates.Member, MemberGrainId(member), state);
        return state;
    }

    private static GrainId MemberGrainId(MemberId member) => GrainId.Create(MemberType, IdSpan.Create(member.ToString()));

    private static GrainId BlockId(MemberId member, KeyBlockRef place) => GrainId.Create(KeysType, IdSpan.Create(place.KeyOf(member)));
}
