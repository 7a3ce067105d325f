using CoopGrid.Domain.Capacity;

namespace CoopGrid.Benchmarks.Division;

/// <summary>The class's side, with a watch on the processor time that it takes.</summary>
/// <param name="processorTime">What the process has used so far, its collector and compiler included.</param>
internal sealed class ClassWatch(CapacityPlan plan, Func<TimeSpan> processorTime)
{
    private readonly SharedCapacity _shared = new(1, plan, 0);
    private TimeSpan _taken;
    private int _exchanges;

    public LeaseGrant Answer(long producer, LeaseReport report, GateDemand demand, long nowMicros)
    {
        TimeSpan began = processorTime();
        bool mine = _shared.TryAnswer(producer, report, demand, nowMicros, out LeaseGrant grant);
        _taken += processorTime() - began;
        _exchanges++;
        return mine ? grant : throw new InvalidOperationException("There is one activation only.");
    }

    public void Seal(long producer, long nowMicros)
    {
        TimeSpan began = processorTime();
        _shared.Seal(producer, nowMicros);
        _taken += processorTime() - began;
    }

    /// <summary>What it took since the last time.</summary>
    public (double Micros, int Exchanges) Take()
    {
        (double, int) taken = (_taken.TotalMicroseconds, _exchanges);
        (_taken, _exchanges) = (default, 0);
        return taken;
    }
}
