using CoopGrid.Domain.Capacity;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Capacity;

/// <summary>A gate serves nobody before it holds a lease: who comes first is not refused for room that the class has.</summary>
public sealed class GateReadinessTests
{
    private static readonly ClassPolicy Policy = new()
    {
        Capacity = new() { UnitsPerSecond = 100, BurstUnits = 1000, MaxRequestUnits = 10 },
    };

    private readonly FakeTimeProvider _time = new();

    /// <summary>Seen to fail with a gate that is ready at its first signal.</summary>
    [Fact]
    public void A_gate_is_ready_with_its_lease_and_not_with_the_signal_that_names_the_epoch()
    {
        var leases = new ClassLeases(epoch: 3, Policy, micros: 0);
        var gate = new ClassGate(new("isle", "relays"), new GridClock(_time), new(0, long.MinValue));

        Exchange(gate, leases);
        Assert.False(gate.Ready.IsCompleted);
        Exchange(gate, leases);
        Assert.True(gate.Ready.IsCompletedSuccessfully);

        CapacityPlan plan = gate.PlanAt(gate.View, 0).Plan;
        var request = new RoomRequest(0, Bands.Protected, 10);
        Assert.InRange(gate.RoomFor(plan).RetryAfterMs(request, 0), 1, 1000);
        Assert.True(gate.RoomFor(plan).TryTake(request, 1_000_000));
    }

    /// <summary>Seen to fail with 0, which tells nobody when to ask again.</summary>
    [Fact]
    public void What_does_not_fit_the_lease_may_be_asked_again_after_a_moment()
    {
        var gate = new ClassGate(new("isle", "relays"), new GridClock(_time), new(0, long.MinValue));
        Exchange(gate, new ClassLeases(epoch: 3, Policy, micros: 0));
        CapacityPlan plan = gate.PlanAt(gate.View, 0).Plan;
        Assert.Equal(1000, gate.RoomFor(plan).RetryAfterMs(new RoomRequest(0, Bands.Protected, 10), 1_000_000));
    }

    private static void Exchange(ClassGate gate, ClassLeases leases)
    {
        GateReport report = gate.Report(producer: 1, lastTick: null);
        LeaseGrant grant = leases.Answer(report, micros: 0)!.Value;
        gate.Hear(new ClassSignal
        {
            Policies = new ClassPolicies(Policy, null, 0, "UTC"),
            Epoch = grant.Epoch,
            Exchange = grant.Exchange,
            LeaseUnitsPerSecond = grant.Lease.UnitsPerSecond,
            LeaseBurstUnits = grant.Lease.BurstUnits,
            OpenSlice = long.MinValue,
        });
    }
}
