using System.Runtime.InteropServices;
using CoopGrid.Domain.Capacity;
using CoopGrid.Interfaces;

namespace CoopGrid.Grains.Capacity;

/// <content>Counts what was asked, admitted and refused, by lane and by control period.</content>
internal sealed partial class ClassGate
{
    /// <summary>Notes what became of a request that came as far as price and capacity.</summary>
    /// <param name="demanded">Units that count as demand of the control period.</param>
    public void Count(in RoomRequest asked, string lane, bool admitted, long period, long demanded)
    {
        lock (_lock)
        {
            ref LaneTotals totals = ref CollectionsMarshal.GetValueRefOrAddDefault(_totals, lane, out _);
            totals = new(
                lane,
                totals.Demanded + demanded,
                totals.Admitted + (admitted ? asked.Units : 0),
                totals.Refused + (admitted ? 0 : demanded));
            bool known = asked.Lane < _buckets?.Plan.Lanes;
            if (known && admitted) _demand.Admitted(asked);
            else if (known && demanded > 0) _demand.Refused(asked with { Units = demanded });
            CountPeriod(period, demanded);
        }
    }

    /// <summary>Notes units admitted by a ticket. They are demand, but none that this gate needs a lease for.</summary>
    public void CountRedeemed(string lane, long period, long units)
    {
        lock (_lock)
        {
            ref LaneTotals totals = ref CollectionsMarshal.GetValueRefOrAddDefault(_totals, lane, out _);
            totals = new(lane, totals.Demanded + units, totals.Admitted + units, totals.Refused);
            CountPeriod(period, units);
        }
    }

    /// <summary>Notes units accepted from a meter: a metered class's demand.</summary>
    public void CountAccepted(long period, long units)
    {
        lock (_lock) CountPeriod(period, units);
    }

    private void CountPeriod(long period, long units)
    {
        if (units == 0) return;

        // What is counted after its period was told counts in the next one: none is lost, none rewritten.
        period = Math.Max(period, _openPeriod);
        if (_periods.Count > 0 && _periods[^1].Period == period)
        {
            _periods[^1] = new(period, _periods[^1].Units + units);
            return;
        }

        // Nearly every count is of the newest period; one that comes late joins its own if that is still here.
        int place = _periods.FindIndex(kept => kept.Period >= period);
        if (place >= 0 && _periods[place].Period == period) _periods[place] = new(period, _periods[place].Units + units);
        else _periods.Insert(place >= 0 ? place : _periods.Count, new(period, units));
        if (_periods.Count > PeriodsKept) _periods.RemoveAt(0);
    }
}
