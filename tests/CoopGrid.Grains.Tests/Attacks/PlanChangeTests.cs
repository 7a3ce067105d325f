using CoopGrid.Domain.Capacity;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Attacks;

/// <summary>A gate whose class changes its lanes while requests wait and decisions of two slices mix.</summary>
public sealed class PlanChangeTests
{
    private static readonly ClassId Relays = new("isle", "relays");
    private static readonly ClassPolicy Three = new()
    {
        Capacity = new() { UnitsPerSecond = 100, BurstUnits = 1000, MaxRequestUnits = 100 },
    };

    private static readonly ClassPolicy One = Three with
    {
        Version = 2,
        Lanes = [new() { Name = "standard" }],
    };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Who_waits_in_a_lane_that_ends_is_refused()
    {
        ClassGate gate = Open();
        Task<Reading?> waits = gate.WaitAsync(CapacityPlan.From(Three), new RoomRequest(2, Bands.Bulk, 100), long.MaxValue - 10);
        Assert.False(waits.IsCompleted);

        // Seen to fail with an index out of range, which ended the process when the gate's timer met it.
        Hear(gate, One);
        Assert.Null(await new ValueTask<Reading?>(waits).Soon());
        _time.Advance(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void A_plan_that_has_ended_does_not_come_back()
    {
        ClassGate gate = Open();
        var signal = new ClassPolicies(Three, One, 100, "UTC");
        Hear(gate, signal);
        _time.Advance(TimeSpan.FromSeconds(20));
        long now = 20_000_000;
        Assert.True(gate.RoomFor(gate.PlanAt(gate.View, 100).Plan).TryTake(new RoomRequest(0, Bands.Protected, 1), now));
        Assert.False(gate.RoomFor(CapacityPlan.From(Three)).TryTake(new RoomRequest(2, Bands.Protected, 1), now));
        Assert.Equal(2, gate.PlanAt(gate.View, 99).Policy.Version);

        // Counting for a lane that is gone was seen to fail with an index out of range, after the charge.
        gate.Count(new RoomRequest(2, Bands.Bulk, 1), "bulk", admitted: true, 1, 1);
    }

    private ClassGate Open()
    {
        var gate = new ClassGate(Relays, new GridClock(_time), new(0, long.MinValue));
        Hear(gate, Three);
        return gate;
    }

    private static void Hear(ClassGate gate, ClassPolicy policy) => Hear(gate, new ClassPolicies(policy, null, 0, "UTC"));

    private static void Hear(ClassGate gate, ClassPolicies policies)
    {
        GateReport report = gate.Report(1, null);
        gate.Hear(new ClassSignal
        {
            Policies = policies,
            Epoch = 1,
            Exchange = report.Exchange,
            LeaseUnitsPerSecond = 100,
            LeaseBurstUnits = 1000,
            OpenSlice = long.MinValue,
        });
    }
}
