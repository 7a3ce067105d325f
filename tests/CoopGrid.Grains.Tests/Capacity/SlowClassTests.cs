using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Capacity;

/// <summary>A class whose silo or database is so busy that every answer comes late.</summary>
public sealed class SlowClassTests
{
    private const string Class = "slow";

    private static readonly ClassPolicy Policy = new() { Capacity = new() { UnitsPerSecond = 100, BurstUnits = 1000, MaxRequestUnits = 10 } };

    /// <summary>Seen to fail with a patience of always two seconds: every answer came to an exchange that was given up.</summary>
    [Fact]
    public async Task A_gate_gets_its_lease_also_from_a_class_that_takes_three_seconds_for_an_answer()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using GridSilo silo = await GridSilo.StartAsync(time: time, more: host => host.AddIncomingGrainCallFilter(async call =>
        {
            bool isSlow = call.MethodName == nameof(IClassGrain.Exchange) && call.TargetId.Key.ToString() == GridSilo.ClassOf(Class).ToString();
            if (isSlow) await Task.Delay(TimeSpan.FromSeconds(3), time);
            await call.Invoke();
        }));
        foreach (string @class in new[] { "homes", Class }) await silo.Class(@class).Found(Policy, "UTC");
        Task<ClassGate?> opening = silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf(Class)).AsTask();
        await silo.AdvanceUntil(() => opening.IsCompleted, "a gate that is ready", 500);
        ClassGate gate = (await opening)!;
        await silo.AdvanceUntil(() => gate.View.Signal.LeaseUnitsPerSecond == 100, "all of the capacity", 500);
    }
}
