using System.Runtime.InteropServices;
using CoopGrid.Domain.Capacity;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Capacity;

/// <summary>A class's <see cref="SharedCapacity"/> behind its messages. Every call is told the monotonic clock (<c>Reading.Micros</c>).</summary>
internal sealed class ClassLeases(long epoch, ClassPolicy policy, long micros)
{
    private readonly SharedCapacity _shared = new(epoch, CapacityPlan.From(policy), micros);

    /// <summary>Names the producers that are open in the store and may hold leases from before.</summary>
    public void OpenGates(IEnumerable<long> producers) => _shared.OpenGates(producers);

    /// <summary>
    /// The producer is sealed in the store and followed to its end. Its lease is freed when no relaxed answer can rest on it any more.
    /// </summary>
    public void Seal(long producer, long micros) => _shared.Seal(producer, micros);

    /// <summary>Frees what is due; every answer does so too.</summary>
    public void Settle(long micros) => _shared.Settle(micros);

    /// <summary>A change of policy.</summary>
    public void SetPolicy(ClassPolicy policy) => _shared.SetPlan(CapacityPlan.From(policy));

    /// <inheritdoc cref="SharedCapacity.Free"/>
    public Lease? Free => _shared.Free;

    /// <inheritdoc cref="SharedCapacity.SetAside"/>
    public void SetAside(Lease aside) => _shared.SetAside(aside);

    /// <summary>Answers a gate; null if a later activation of the class has spoken to it, so that this one must end.</summary>
    public LeaseGrant? Answer(GateReport report, long micros)
    {
        var held = new LeaseReport(report.LeaseEpoch, report.Exchange, new(report.LeaseUnitsPerSecond, report.LeaseBurstUnits));
        GateDemand demand = new(ImmutableCollectionsMarshal.AsArray(report.Demand) ?? [])
        {
            Reserved = new(report.ReservedUnitsPerSecond, report.ReservedBurstUnits),
        };
        return _shared.TryAnswer(report.Producer, held, demand, micros, out LeaseGrant grant) ? grant : null;
    }
}
