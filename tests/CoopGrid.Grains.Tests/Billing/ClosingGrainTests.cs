using CoopGrid.Domain.Billing;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing;

/// <summary>The closing's grain works by itself once it is told, and its successor goes on.</summary>
public sealed class ClosingGrainTests
{
    private const int Members = 2000;

    /// <summary>A silo dies in the middle; the next one issues the rest. Seen to fail with the grain not going on after its first step.</summary>
    [Fact]
    public async Task An_epoch_is_closed_across_the_death_of_a_silo()
    {
        var scene = new ClosingScene(FrozenMonth.Random(1, Members));
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new ManualResetEventSlim();
        int asked = 0;
        scene.Month.Asked = _ =>
        {
            if (++asked != 3) return;
            reached.SetResult();
            held.Wait(TestContext.Current.CancellationToken);
        };
        GridSilo first = await StartAsync(scene);
        await Closing(first).Close(scene.Month.Epoch.Number).AsTask().Soon();
        await reached.Task.Soon();
        Task killed = first.Kill();
        held.Set();
        await killed;
        Assert.InRange(scene.Disk.Billing.Bills.Count, 1, Members / 2);

        await using GridSilo second = await StartAsync(scene);
        await Closing(second).Close(scene.Month.Epoch.Number).AsTask().Soon();
        await Eventually.True(() => { lock (scene.Disk.Lock) return scene.EpochBooks.End is not null; }, "the end of the closing");
        scene.AssertSound();
        Assert.Equal(scene.Month.Members.Values.Count(member => member != MemberFigures.None), scene.Bills.Count);
        held.Dispose();
    }

    /// <summary>A store that fails is asked again, and an epoch that is not frozen is left alone.</summary>
    [Fact]
    public async Task A_failure_holds_a_closing_up_and_does_not_end_it()
    {
        var scene = new ClosingScene(FrozenMonth.Random(2, 20));
        int asked = 0;
        scene.Month.Asked = _ =>
        {
            if (++asked == 1) throw new IOException("The disk is broken.");
        };
        await using GridSilo silo = await StartAsync(scene);
        await Closing(silo).Close(scene.Month.Epoch.Number + 1).AsTask().Soon();
        await Closing(silo).Close(scene.Month.Epoch.Number).AsTask().Soon();
        await Eventually.True(() => { lock (scene.Disk.Lock) return scene.Disk.Billing.Epochs.Count > 0 && scene.EpochBooks.End is not null; }, "the end of the closing");
        Assert.Single(scene.Disk.Billing.Epochs);
        Assert.True(asked >= 2);
    }

    private static Task<GridSilo> StartAsync(ClosingScene scene) =>
        GridSilo.StartAsync(scene.Disk, more: silo => silo.Services.AddSingleton<IEpochFigures>(scene.Month));

    private static IClosingGrain Closing(GridSilo silo) => silo.Grains.GetGrain<IClosingGrain>(FrozenMonth.Homes.ToString());
}
