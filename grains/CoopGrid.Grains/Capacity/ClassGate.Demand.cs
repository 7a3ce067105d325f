using System.Collections.Immutable;
using System.Runtime.InteropServices;
using CoopGrid.Domain.Capacity;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Capacity;

/// <content>Counts what is asked for: by control period, by lane, for the division of capacity, and under reservations.</content>
internal sealed partial class ClassGate
{
    private const int PeriodsKept = 16;

    private readonly List<PeriodDemand> _periods = [];
    private readonly Dictionary<string, LaneTotals> _totals = [];
    private DemandMeter _demand = new(0);
    private long _openPeriod = long.MinValue;
    private long _countedSince;
    private AskedDemand? _asker;
    private GateDemand _asked;

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

    /// <summary>Notes that a holder asked under its reservation: room is kept for it here from now on.</summary>
    /// <param name="units">What it was admitted for; 0 if it waits or was refused.</param>
    public void CountReserved(string member, long units, Instant at)
    {
        lock (_lock) Reservations.Count(member, units, at);
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

    private ImmutableArray<long> TakeDemand()
    {
        long now = _clock.Read().Micros;
        if (_buckets is not null && now - _countedSince >= AskedDemand.ShortestMicros)
        {
            Lease reserved = Reservations.Ask(_clock.Read().Now, _buckets.ReservedMicroUnits, _waiting.ReservedUnits, now - _countedSince);
            _asked = _asker!.Next(_demand.Take(), _waiting.Units, now - _countedSince) with { Reserved = reserved };
            _countedSince = now;
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(_asked.Rates ?? []);
    }
}
