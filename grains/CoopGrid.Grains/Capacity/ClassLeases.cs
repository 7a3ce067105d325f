using CoopGrid.Domain.Capacity;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Capacity;

/// <summary>Divides a class's capacity among its gates, exchange by exchange.</summary>
internal sealed class ClassLeases(long epoch, CapacityPolicy capacity)
{
    private readonly LeaseBook _book = new(epoch, new Lease(capacity.UnitsPerSecond, capacity.BurstUnits));
    private readonly SortedDictionary<long, long[]> _demand = [];

    /// <summary>Names the producers that are open in the store and may hold leases from before.</summary>
    public void OpenGates(IEnumerable<long> producers) => _book.OpenGates(producers);

    /// <summary>The producer will use nothing any more.</summary>
    public void Seal(long producer)
    {
        _book.Seal(producer);
        _demand.Remove(producer);
    }

    /// <summary>A change of policy.</summary>
    public void SetCapacity(CapacityPolicy capacity) => _book.SetTotal(new(capacity.UnitsPerSecond, capacity.BurstUnits));

    /// <summary>Answers a gate; null if a later activation of the class has spoken to it, so that this one must end.</summary>
    public LeaseGrant? Answer(GateReport report)
    {
        _book.Register(report.Producer);
        _demand[report.Producer] = [.. report.TierDemand];
        var held = new LeaseReport(report.LeaseEpoch, report.Exchange, new(report.LeaseUnitsPerSecond, report.LeaseBurstUnits));
        return _book.TryAnswer(report.Producer, held, WantedBy(report.Producer), out LeaseGrant grant) ? grant : null;
    }

    private Lease WantedBy(long producer)
    {
        long[] producers = [.. _demand.Keys];
        Lease[] leases = CapacityDivision.Leases(_book.Total, [.. _demand.Values]);
        return leases[Array.IndexOf(producers, producer)];
    }
}
