using CoopGrid.Grains.Hosting;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Storage;
using Xunit;

namespace CoopGrid.Grains.Tests.Usage;

/// <summary>One account a member in this silo, whoever comes and goes (L4).</summary>
public sealed class ClaimTableTests
{
    private static readonly MemberId Ann = new("isle", "ann");

    /// <summary>
    /// An activation has found the member's claim and waits for its gate, while the one before leaves and the claim is thrown out: the newcomer
    /// must not own what the table no longer knows, or the next activation loads the account a second time and both decide. Seen to
    /// fail with the look at Evicted left out of ClaimAsync.
    /// </summary>
    [Fact]
    public async Task A_claim_that_was_thrown_out_meanwhile_is_not_given()
    {
        var disk = new Disk();
        var power = new Power();
        using var store = new DiskLedger(disk, power);
        await using var writer = new LedgerWriter(store, new(), TimeProvider.System, NullLogger<LedgerWriter>.Instance);
        await writer.OpenAsync(new("test", 0), TestContext.Current.CancellationToken);
        ClaimTable table = TableOver(store, writer, new Retention(store, new DiskHistories(disk, power), writer));
        object first = new(), second = new();
        MemberClaim left = await table.ClaimAsync(Ann, first);
        var given = new TaskCompletionSource<MemberClaim>(TaskCreationOptions.RunContinuationsAsynchronously);
        var newcomer = new Thread(() => given.SetResult(table.ClaimAsync(Ann, second).AsTask().GetAwaiter().GetResult()));
        lock (left.Gate)
        {
            newcomer.Start();
            Assert.True(SpinWait.SpinUntil(() => newcomer.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Eventually.Deadline), "The newcomer does not wait.");
            table.Release(left, first);
        }

        MemberClaim claim = await given.Task.Soon();
        Assert.True(left.Evicted);
        Assert.False(claim.Evicted);
        Assert.Same(second, table.OwnerOf(Ann));
        Assert.Same(claim, await table.ClaimAsync(Ann, new()).Soon());
    }

    private static ClaimTable TableOver(ILedgerStore store, LedgerWriter writer, Retention retention)
    {
        var clock = new GridClock(TimeProvider.System);
        var claims = new ExclusiveClaims(TimeProvider.System);
        var tails = new SealedTails(store, retention, NullLogger<SealedTails>.Instance);
        var claimer = new Claimer(claims, tails, writer, clock, new Background(TaskScheduler.Default));
        return new(claimer, claims, new CheckpointStore(new NoStates(), store), writer, new DirtyQueue(clock));
    }

    /// <summary>A grain storage that holds nothing.</summary>
    private sealed class NoStates : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            grainState.RecordExists = false;
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => throw new NotSupportedException();
    }
}
