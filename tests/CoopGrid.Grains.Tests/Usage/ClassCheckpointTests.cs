using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Usage;

/// <summary>A class's checkpoint is written beside its turns, for a store may take seconds and gates want their leases.</summary>
public sealed class ClassCheckpointTests
{
    /// <summary>
    /// A gate that took for stored what is not would let a producer's log go too early (L6). Seen to fail with the write waited for in the class's turn (it
    /// answers nobody), and with <see cref="StoredState{T}.Last"/> being what is written.
    /// </summary>
    [Fact]
    public async Task While_it_is_written_calls_are_admitted_and_none_counts_as_saved()
    {
        (GridSilo silo, HeldStates states) = await Start();
        await using GridSilo _ = silo;
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf("homes")))!;
        states.Hold();
        await AdmitUntil(silo, states);
        for (int call = 0; call < 50; call++)
        {
            await silo.Step(100);
            Assert.Equal(Outcome.Admitted, (await silo.Member("m0").Admit(Ask.For($"held-{call}")).AsTask().Soon()).Outcome);
        }

        await silo.AdvanceUntil(() => SavedBy(gate) == SavedIn(states), "what is stored");
        long saved = SavedBy(gate);
        await silo.Step(1000);
        Assert.Equal(saved, SavedBy(gate));
        states.Release();
        await silo.AdvanceUntil(() => SavedBy(gate) > saved, "the checkpoint at the gate");
    }

    /// <summary>Seen to fail with a write that begins before the one before it has ended: the failed one took the policy back with it.</summary>
    [Fact]
    public async Task A_policy_that_is_adopted_meanwhile_is_stored_though_the_checkpoint_is_not()
    {
        bool isAdopting = false;
        (GridSilo silo, HeldStates states) = await Start(more => more.AddIncomingGrainCallFilter(async call =>
        {
            // Returns when the call waits for something: here, to write.
            Task invoked = call.Invoke();
            if (call.MethodName == nameof(IClassGrain.Adopt)) isAdopting = true;
            await invoked;
        }));
        await using GridSilo _ = silo;
        states.Hold();
        await AdmitUntil(silo, states);
        Task<PolicyVersion> change = silo.Change("homes", Ask.Ample with { Price = new() { CapPermille = 1500 } });
        await Eventually.True(() => isAdopting, "the policy's write");
        states.Break();
        states.Release();
        PolicyVersion adopted = await change.Soon();
        Assert.Equal(adopted.Policy.Version, states.Stored!.History[^1].Policy.Version);
        await GridSilo.Deactivate(silo.Class("homes"));
        Assert.Equal([1, adopted.Policy.Version], (await silo.Class("homes").GetHistory()).Select(version => version.Policy.Version));
    }

    /// <summary>Seen to fail with a change that is forgotten when its write fails.</summary>
    [Fact]
    public async Task What_could_not_be_stored_is_stored_later()
    {
        (GridSilo silo, HeldStates states) = await Start();
        await using GridSilo _ = silo;
        states.Hold();
        await AdmitUntil(silo, states);
        await silo.AdvanceUntil(() => silo.Store.UnderWay == 0, "the end of a commit");
        long before = SavedIn(states);
        states.Break();
        states.Release();
        await silo.AdvanceUntil(() => SavedIn(states) > before, "a checkpoint");
    }

    private static async Task<(GridSilo Silo, HeldStates States)> Start(Action<ISiloBuilder>? also = null)
    {
        Func<HeldStates>? states = null;
        GridSilo silo = await GridSilo.StartAsync(
            time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)),
            more: more =>
            {
                states = HeldStates.Add(more);
                more.Services.Configure<CheckpointOptions>(options => options.ClassEveryMs = 100);
                also?.Invoke(more);
            });
        await silo.Found("homes", Ask.Ample, 1);
        await silo.Step(1000);
        return (silo, states!());
    }

    private static async Task AdmitUntil(GridSilo silo, HeldStates states)
    {
        Assert.Equal(Outcome.Admitted, (await silo.Member("m0").Admit(Ask.For("k")).AsTask().Soon()).Outcome);
        await silo.AdvanceUntil(() => states.Asked, "the checkpoint's write");
    }

    private static long SavedBy(ClassGate gate) => gate.View.Signal.Saved.Sum(saved => saved.Position);

    private static long SavedIn(HeldStates states) => states.Stored!.Producers.Sum(producer => producer.Watermark);
}
