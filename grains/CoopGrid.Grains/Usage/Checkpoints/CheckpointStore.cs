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
    private static readonly GrainType MemberType = GrainType.Create(GrainStates.Member);
    private static readonly GrainType KeysType = GrainType.Create(GrainStates.MemberKeys);

    /// <summary>Reads a member as it was last checkpointed; an account without entries if it never was.</summary>
    /// <exception cref="LedgerCorruptException">The checkpoint is beyond the log's end: the ledger was restored from an older copy.</exception>
    public async Task<MemberClaim> LoadAsync(MemberId member)
    {
        var state = new GrainState<MemberCheckpoint>(new MemberCheckpoint());
        await storage.ReadStateAsync(GrainStates.Member, MemberGrainId(member), state);
        if (!state.RecordExists || state.State is not { } checkpoint) return new(member, new MemberAccount(), StoredCheckpoint.Nothing);

        await ExpectWithinLog(member, checkpoint);
        MemberAccount account = checkpoint.ToAccount();
        foreach (KeyBlockRef block in checkpoint.Blocks)
        {
            GrainState<KeyBlock> keys = await ReadBlock(member, block.Number);
            foreach (byte[] entry in keys.State?.Entries ?? []) account.Keys.Remember((Admitted)MemberEntryCodec.Decode(entry));
        }

        foreach (StoredReturn given in checkpoint.Returns) account.Keys.GiveBack(given.Key, given.Units);
        return new(member, account, Stored(checkpoint, state.ETag));
    }

    /// <summary>Writes the keys, then the checkpoint; <paramref name="keys"/> may be empty.</summary>
    /// <param name="checkpoint">All of its entries are committed. Its blocks end with the one that is written now, if there are keys.</param>
    public async Task<StoredCheckpoint> SaveAsync(
        MemberId member, StoredCheckpoint stored, MemberCheckpoint checkpoint, ImmutableArray<Remembered> keys)
    {
        if (!keys.IsEmpty) await WriteBlock(member, checkpoint.Blocks[^1].Number, KeyBlock.From(keys));
        var state = new GrainState<MemberCheckpoint>(checkpoint, stored.ETag) { RecordExists = stored.ETag is not null };
        try
        {
            await storage.WriteStateAsync(GrainStates.Member, MemberGrainId(member), state);
        }
        catch (InconsistentStateException)
        {
            // Nobody else writes here: an earlier write that seemed to fail has arrived after all.
            var arrived = new GrainState<MemberCheckpoint>(new MemberCheckpoint());
            await storage.ReadStateAsync(GrainStates.Member, MemberGrainId(member), arrived);
            state = new(checkpoint, arrived.ETag) { RecordExists = arrived.RecordExists };
            await storage.WriteStateAsync(GrainStates.Member, MemberGrainId(member), state);
        }

        foreach (KeyBlockRef gone in stored.Blocks)
        {
            if (!checkpoint.Blocks.Contains(gone)) await ClearBlock(member, gone.Number);
        }

        return Stored(checkpoint, state.ETag);
    }

    private static StoredCheckpoint Stored(MemberCheckpoint checkpoint, string? etag) =>
        new(new(checkpoint.Producer, checkpoint.Position), checkpoint.Sequence, checkpoint.Blocks, etag);

    private async Task ExpectWithinLog(MemberId member, MemberCheckpoint checkpoint)
    {
        foreach (ProducerRow producer in await ledger.ListProducersAsync(CancellationToken.None))
        {
            if (producer.Producer == checkpoint.Producer && checkpoint.Position <= producer.Position) return;
        }

        throw new LedgerCorruptException(
            checkpoint.Producer,
            checkpoint.Position,
            $"member {member} is checkpointed beyond the log's end: the ledger is older than the checkpoints; restore both from one backup");
    }

    private async Task WriteBlock(MemberId member, long number, KeyBlock block)
    {
        // A crash between this write and the checkpoint's may have left a block of this number behind.
        GrainState<KeyBlock> state = await ReadBlock(member, number);
        state.State = block;
        await storage.WriteStateAsync(GrainStates.MemberKeys, BlockId(member, number), state);
    }

    private async Task ClearBlock(MemberId member, long number)
    {
        GrainState<KeyBlock> state = await ReadBlock(member, number);
        if (state.RecordExists) await storage.ClearStateAsync(GrainStates.MemberKeys, BlockId(member, number), state);
    }

    private async Task<GrainState<KeyBlock>> ReadBlock(MemberId member, long number)
    {
        var state = new GrainState<KeyBlock>(new KeyBlock());
        await storage.ReadStateAsync(GrainStates.MemberKeys, BlockId(member, number), state);
        return state;
    }

    private static GrainId MemberGrainId(MemberId member) => GrainId.Create(MemberType, IdSpan.Create(member.ToString()));

    private static GrainId BlockId(MemberId member, long number) => GrainId.Create(KeysType, IdSpan.Create($"{member}#{number}"));
}
