using System.Text.Json;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoopGrid.Grains.Tests.Usage;

/// <summary>Checkpoint and tail are the state, keys included (L3), whenever the power goes.</summary>
public sealed class RecoveryTests
{
    private const int Members = 8;
    private const int Lives = 5;

    /// <summary>
    /// Five silos one after another on one disk, each cut off in mid-traffic while checkpoints are written all the time and segments
    /// are deleted behind them. Each successor's accounts, keys and what was given back must be the fold of all entries ever committed.
    /// Seen to fail: with the key blocks not read in CheckpointStore.LoadAsync (keys missing), with the returns left out of
    /// MemberCheckpoint.From (units given back forgotten), and with Checkpointer not waiting for the commit (a checkpoint beyond the log's
    /// end, at which the start stops).
    /// </summary>
    [Fact]
    public async Task A_successor_has_every_account_as_the_log_makes_it()
    {
        var disk = new Disk();
        var random = new Random(4);
        List<Traffic> relays = [];
        for (int life = 0; life < Lives; life++)
        {
            GridSilo silo = await GridSilo.StartAsync(disk, more: Checkpoints);
            if (life == 0) await silo.Found("homes", Ask.Ample, Members);
            else await silo.Leased("homes");
            await CompareAccounts(silo);

            Traffic[] now = [.. Enumerable.Range(0, 3).Select(i => new Traffic($"{life}-{i}", (life * 10) + i))];
            Task[] running = [.. now.Select(relay => Task.Run(() => relay.Run(silo, Members, int.MaxValue)))];
            int told = random.Next(20, 200);
            await Eventually.True(() => now.Sum(relay => relay.Told.Count) >= told || running.Any(task => task.IsCompleted), "traffic");
            Assert.DoesNotContain(running, task => task.IsFaulted);

            // A class that goes is checkpointed, and only then may segments be deleted.
            await GridSilo.Deactivate(silo.Class("homes"));
            if (life == 0) await Eventually.True(() => disk.Producers[0].FirstKept > 1, "deleted segments");
            await silo.Kill();
            relays.AddRange(now);
        }

        HashSet<string> kept = [.. disk.Admissions().Select(entry => entry.Key)];
        Assert.All(relays.SelectMany(relay => relay.Told.Keys), key => Assert.Contains(key, kept));
        Assert.Equal(kept.Count, disk.Admissions().Count);
    }

    private static void Checkpoints(ISiloBuilder silo) => silo.Services.Configure<CheckpointOptions>(options =>
    {
        options.LookEveryMs = 3;
        options.DeleteEveryMs = 3;
        options.MaxTailSegments = 4;
        options.MaxAgeMs = 20;
    });

    private static async Task CompareAccounts(GridSilo silo)
    {
        ClaimTable claims = silo.Service<ClaimTable>();
        foreach ((MemberId member, MemberAccount expected) in silo.Disk.Accounts())
        {
            var reader = new object();
            MemberClaim claim = await claims.ClaimAsync(member, reader);
            Assert.Equal(Portrait(expected), Portrait(claim.Account));
            claims.Release(claim, reader);
        }
    }

    private static string Portrait(MemberAccount account) => JsonSerializer.Serialize(new
    {
        account.LastSlice,
        account.Quota,
        account.Window?.Newest,
        Account = account.Snapshot() with { Entitlements = [.. account.Entitlements.Order()] },
        Keys = account.Keys.After(0).Select(key => new { key.Admitted, key.ReturnedUnits }),
    });
}
