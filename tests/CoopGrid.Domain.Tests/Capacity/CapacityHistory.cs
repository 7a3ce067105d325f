using CoopGrid.Domain.Capacity;

namespace CoopGrid.Domain.Tests.Capacity;

/// <summary>
/// The slow, obvious oracle of "never over": it is told every lease and every admission in order, and looks at every pair of
/// admissions. Between them at most the burst in force at the first plus the integral of the rate was admitted.
/// </summary>
internal sealed class CapacityHistory
{
    private readonly List<(Int128 Inflow, long Burst, long Units)> _admitted = [];
    private Int128 _inflow;
    private Lease _lease;
    private long _now;

    public int Count => _admitted.Count;

    public void Leased(Lease lease, long nowMicros)
    {
        Pass(nowMicros);
        _lease = lease;
    }

    public void Admitted(long units, long nowMicros)
    {
        Pass(nowMicros);
        _admitted.Add((_inflow, _lease.BurstUnits, units));
    }

    /// <summary>The first span that holds too much, or null.</summary>
    public string? Excess()
    {
        for (int from = 0; from < _admitted.Count; from++)
        {
            Int128 units = 0;
            for (int to = from; to < _admitted.Count; to++)
            {
                units += _admitted[to].Units;
                Int128 allowed = ((Int128)_admitted[from].Burst * 1_000_000) + _admitted[to].Inflow - _admitted[from].Inflow;
                if (units * 1_000_000 > allowed) return $"admissions {from} to {to}: {units} units, {allowed} micro-units allowed";
            }
        }

        return null;
    }

    private void Pass(long nowMicros)
    {
        if (nowMicros <= _now) return;
        _inflow += (Int128)_lease.UnitsPerSecond * (nowMicros - _now);
        _now = nowMicros;
    }
}
