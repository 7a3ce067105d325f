using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing;

/// <summary>A class announces its epochs ahead, and what it has told is durable before.</summary>
public sealed class AnnouncementTests
{
    // Announced two hours ahead, and anew when less than one is left.
    private static readonly ClassPolicy Policy = Ask.Ample with
    {
        Window = new() { SliceMs = 10_000, Slices = 6, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 120_000 } },
    };

    /// <summary>
    /// A flush of checkpoints takes seconds where many members are checkpointed. Seen to fail with a class that waits for it in its turn (it answers
    /// nobody), and with one that tells the schedule before it is flushed.
    /// </summary>
    [Fact]
    public async Task While_it_is_stored_the_class_goes_on_and_no_gate_hears_of_it()
    {
        SlowFlush? store = null;
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using GridSilo silo = await GridSilo.StartAsync(
            time: time,
            more: more =>
            {
                store = new((ICheckpointStore)more.Services.Last(service => service.ServiceType == typeof(ICheckpointStore)).ImplementationInstance!);
                more.Services.AddSingleton<ICheckpointStore>(store);
            });
        await silo.Found("homes", Policy, 1);
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf("homes")))!;
        await silo.AdvanceUntil(() => gate.View.Epochs is not null, "the schedule");
        long told = gate.View.Epochs!.Schedule.Until;
        store!.Flushed = new();
        await Eventually.True(() => silo.Store.UnderWay == 0, "the end of a commit");
        time.Advance(TimeSpan.FromMinutes(65));
        await silo.AdvanceUntil(() => store.Asked, "a flush");
        for (int call = 0; call < 50; call++)
        {
            await silo.Step(100);
            await silo.AdvanceUntil(
                async () => (await silo.Member("m0").Admit(Ask.For($"k{call}", 1)).AsTask().Soon()).Outcome == Outcome.Admitted, () => $"call {call} admitted", 1);
        }

        Assert.Equal(told, gate.View.Epochs.Schedule.Until);
        store.Flushed.SetResult();
        await silo.AdvanceUntil(() => gate.View.Epochs.Schedule.Until > told, "the longer schedule");
    }

    /// <summary>Flushes only when it is told to.</summary>
    private sealed class SlowFlush(ICheckpointStore store) : ICheckpointStore
    {
        public TaskCompletionSource? Flushed { get; set; }

        public bool Asked { get; private set; }

        public async Task FlushAsync(CancellationToken cancellation)
        {
            if (Flushed is { } flushed)
            {
                Asked = true;
                await flushed.Task;
            }

            await store.FlushAsync(cancellation);
        }
    }
}
