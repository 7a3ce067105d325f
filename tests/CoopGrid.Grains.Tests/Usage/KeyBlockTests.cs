using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Tests.Simulation;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Grains.Tests.Usage;

public sealed class KeyBlockTests
{
    private static readonly MemberId Member = new("coop", "m0");

    private readonly SimWorld _world = new(1, traced: false);
    private readonly SimStore _store;
    private readonly CheckpointStore _checkpoints;

    public KeyBlockTests()
    {
        // What waits goes on where the simulation has it.
        SynchronizationContext.SetSynchronizationContext(null);
        _store = new(_world, Planted.None);
        var port = new SimStorePort(_world, _store, new SimPlan { Faults = Faults.None }, Planted.None);
        _checkpoints = new(port, port);
        _store.Open(new("silo", 1));
        _store.Producers[0] = _store.Producers[0] with { Position = 9 };
    }

    /// <summary>
    /// L3, found by the simulation: a checkpoint arrives though its answer is lost; before it is written again its silo writes the block again, with the
    /// keys that have come meanwhile, and dies, or is sealed and goes on for a while. Those keys are in the log, or in the successor's block, too. Seen
    /// to fail with the look at the entries' numbers taken out: the older keys were forgotten, and charged again.
    /// </summary>
    [Fact]
    public void Keys_of_a_block_that_was_written_again_are_remembered_once()
    {
        StoredCheckpoint first = Save(StoredCheckpoint.Nothing, 2, [Block(1, 1)], 2);
        StoredCheckpoint second = Save(first, 3, [.. first.Blocks, Block(2, 1)], 3);

        // As the silo that does not know of the second one: the same block with a key more, and then it dies.
        var dying = new SimScheduler(_world, 1);
        _ = dying.Run(() => _checkpoints.SaveAsync(Member, first, Checkpoint(4, [.. first.Blocks, Block(2, 1)]), Keys(3, 4)));
        Go(() => _store.ReadState(GrainStates.MemberKeys, Grain(Block(2, 1))).ETag == "2");
        dying.Kill();
        Assert.Equal(3, Load().Stored.Sequence);
        MemberClaim claim = Load();
        claim.Add(Admission(4), default, null);
        Assert.Equal([2, 3, 4], claim.Account.Keys.OldestFirst().Select(key => key.Admitted.Sequence));

        // The successor's own block.
        Save(second, 4, [.. second.Blocks, Block(3, 2)], 4);
        Assert.Equal([2, 3, 4], Load().Account.Keys.OldestFirst().Select(key => key.Admitted.Sequence));
    }

    private static KeyBlockRef Block(long number, long producer) => new(number, new Instant(number), producer);

    private static GrainId Grain(KeyBlockRef block) =>
        GrainId.Create(GrainType.Create(GrainStates.MemberKeys), IdSpan.Create(block.KeyOf(Member)));

    private static ImmutableArray<Remembered> Keys(params long[] sequences) => [.. sequences.Select(sequence => new Remembered(Admission(sequence), 0))];

    private static Admitted Admission(long sequence) =>
        new(sequence, new Instant(sequence), 0, 1, $"k{sequence}", 1, "standard", 1000, new Covered { Surged = 1 }, 1, 0, 0, "relay");

    private static MemberCheckpoint Checkpoint(long sequence, ImmutableArray<KeyBlockRef> blocks)
    {
        var account = new MemberAccount();
        account.Apply(new Enrolled(1, new Instant(0), 0, 1, "homes", 6));
        for (long next = 2; next <= sequence; next++) account.Apply(Admission(next));
        return MemberCheckpoint.From(account, 1, sequence, blocks);
    }

    private StoredCheckpoint Save(StoredCheckpoint stored, long sequence, ImmutableArray<KeyBlockRef> blocks, params long[] keys)
    {
        Task<StoredCheckpoint> saving = _checkpoints.SaveAsync(Member, stored, Checkpoint(sequence, blocks), Keys(keys));
        Go(() => saving.IsCompleted);
        return saving.Result;
    }

    private MemberClaim Load()
    {
        Task<MemberClaim> loading = _checkpoints.LoadAsync(Member);
        Go(() => loading.IsCompleted);
        return loading.Result;
    }

    private void Go(Func<bool> until) => Assert.True(_world.RunUntil(_world.Now + 1_000_000, until));
}
