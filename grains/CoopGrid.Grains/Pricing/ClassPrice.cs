using CoopGrid.Domain.Governance;
using CoopGrid.Domain.Pricing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;

namespace CoopGrid.Grains.Pricing;

/// <summary>
/// Runs a class's price: gathers the gates' demand by control period and closes periods when the gates have had their say. A row is
/// written to the price history before it prices anything, so the history is what was charged.
/// </summary>
internal sealed class ClassPrice(ClassId @class, string timeZone, long epoch, IPriceHistory history, IClassHeads heads)
{
    /// <summary>How long after a period's end its gates may still report, in ms: two exchanges.</summary>
    private const long GatherMs = 100;

    /// <summary>How long a period waits for a gate that has not spoken since the period's end, in ms: then the gate is taken for gone.</summary>
    private const long SilentMs = 2000;

    private const int SlicesKept = 64;

    private readonly Dictionary<(long Producer, long Period), long> _demand = [];
    private readonly Dictionary<(string Lane, long Producer), LaneTotals> _lanes = [];
    private readonly SortedDictionary<long, int> _sliceMultipliers = [];
    private readonly Dictionary<long, Instant> _heard = [];
    private Instant _loaded;
    private TimeOfUse? _timeOfUse;
    private int _timeOfUseVersion;

    /// <summary>The newest row of the history: it prices the running period. Null before the first.</summary>
    public PricePeriod? Last { get; private set; }

    /// <summary>The multiplier in force; before any period is closed, the time-of-use value alone.</summary>
    public int MultiplierAt(ClassPolicy policy, Instant now) =>
        Last?.MultiplierPermille ?? Math.Min(policy.Price.CapPermille, TimeOfUseOf(policy).PermilleAt(now));

    /// <summary>In a metered class, what priced its recent slices, oldest first.</summary>
    public IEnumerable<SliceMultiplierPoint> SliceMultipliers => _sliceMultipliers.Select(slice => new SliceMultiplierPoint(slice.Key, slice.Value));

    /// <summary>Totals by lane over all gates since this grain was activated.</summary>
    public IEnumerable<LaneTotals> Lanes => _lanes.Values
        .GroupBy(lane => lane.Lane, StringComparer.Ordinal)
        .Select(lane => new LaneTotals(lane.Key, lane.Sum(l => l.Demanded), lane.Sum(l => l.Admitted), lane.Sum(l => l.Refused)));

    /// <summary>Reads where the history stands.</summary>
    public async Task Load(ClassPolicy policy, Instant now)
    {
        _loaded = now;
        Last = await history.LastAsync(@class, CancellationToken.None);
        if (policy.Entry != UsageEntry.Metered) return;
        long from = PriceRule.PeriodAt(policy, now) - SlicesKept;
        foreach (PricePeriod row in await history.ReadAsync(@class, from, SlicesKept, CancellationToken.None)) RememberSlices(row);
    }

    /// <summary>Takes a gate's totals; told twice they count once.</summary>
    public void Hear(GateReport report)
    {
        _heard[report.Producer] = report.At;
        foreach (LaneTotals lane in report.Lanes) _lanes[(lane.Lane, report.Producer)] = lane;
        foreach (PeriodDemand period in report.Periods)
        {
            if (period.Period < OpenPeriod) continue;
            _demand[(report.Producer, period.Period)] = period.Units;
        }
    }

    /// <summary>The first period that is not closed; <see cref="long.MinValue"/> before the first row.</summary>
    public long OpenPeriod => Last is { } last ? last.Period + last.Count : long.MinValue;

    /// <summary>Whether there is a period to close.</summary>
    public bool IsDue(PolicyHistory policies, Instant now) => Last is null || OpenPeriod < PriceRule.PeriodAt(policies.Newest, ToldUntil(now));

    /// <summary>Closes the periods that are over, each by the policy that was in force in it, and writes them.</summary>
    /// <returns>False if a later activation of the class prices it: nothing is changed.</returns>
    /// <param name="emergencies">Actions that lower the cap of what the periods price.</param>
    public async Task<bool> Close(PolicyHistory policies, EmergencyBook emergencies, Instant now)
    {
        long over = PriceRule.PeriodAt(policies.Newest, ToldUntil(now));
        long next = Last is null ? over - 1 : OpenPeriod;
        if (next >= over) return true;

        List<PricePeriod> rows = [];
        PricePeriod? newest = Last;
        foreach (PricePeriod row in RowsOf(policies, emergencies, next, over))
        {
            newest = newest is { } before && PriceRule.Extends(before, row) ? before with { Count = before.Count + row.Count } : row;
            if (rows.Count > 0 && rows[^1].Period == newest.Value.Period) rows[^1] = newest.Value;
            else rows.Add(newest.Value);
        }

        if (!await heads.AppendPricesAsync(@class, epoch, rows, CancellationToken.None)) return false;
        Last = newest;
        foreach (PricePeriod row in rows) RememberSlices(row);
        foreach ((long Producer, long Period) told in _demand.Keys.Where(told => told.Period < over).ToList()) _demand.Remove(told);
        return true;
    }

    /// <summary>
    /// Until when every gate has told its demand. A period that closed before would lack what a gate, late or idle until then, has still
    /// to tell; and a class that has just been activated does not know its gates yet.
    /// </summary>
    private Instant ToldUntil(Instant now)
    {
        Instant silent = now.PlusMs(-SilentMs);
        Instant until = now.PlusMs(-GatherMs);
        if (_heard.Count == 0 && _loaded > silent) return _loaded < until ? _loaded : until;
        foreach ((long producer, Instant heard) in _heard)
        {
            if (heard < silent) _heard.Remove(producer);
            else if (heard < until) until = heard;
        }

        return until;
    }

    private IEnumerable<PricePeriod> RowsOf(PolicyHistory policies, EmergencyBook emergencies, long from, long until)
    {
        PricePeriod? previous = Last;
        while (from < until)
        {
            // Slices begin with periods, so a change does.
            long slice = policies.Newest.Window.SliceAt(PriceRule.PeriodStart(policies.Newest, from));
            long change = policies.ChangeAfter(slice) is { } next
                ? Math.Min(PriceRule.PeriodAt(next.Policy, next.Policy.Window.StartOf(next.FromSlice)), until)
                : until;
            ClassPolicy policy = policies.InForceAt(slice).Policy;

            // A period's end value prices the next one, so the cap is that of the next one's beginning.
            Instant priced = PriceRule.PeriodStart(policy, from + 1);
            if (emergencies.ChangeAfter(priced) is { } other)
                change = Math.Min(change, PriceRule.PeriodAt(policy, new(other.UnixMicroseconds - 1)));
            policy = EffectivePolicy.At(@class.Class, policy, emergencies, timeZone, priced).Policy;
            foreach (PricePeriod row in RowsOf(policy, previous, from, change))
            {
                previous = row;
                yield return row;
            }

            from = change;
        }
    }

    /// <summary>The closed periods' rows: those with demand one by one, the stretches without as missed.</summary>
    private IEnumerable<PricePeriod> RowsOf(ClassPolicy policy, PricePeriod? previous, long from, long until)
    {
        TimeOfUse timeOfUse = TimeOfUseOf(policy);
        foreach (IGrouping<long, KeyValuePair<(long Producer, long Period), long>> told in
            _demand.Where(told => told.Key.Period >= from && told.Key.Period < until).GroupBy(told => told.Key.Period).OrderBy(told => told.Key).ToList())
        {
            foreach (PricePeriod missed in PriceRule.CloseMissed(previous, policy, from, told.Key, timeOfUse))
            {
                previous = missed;
                yield return missed;
            }

            int nextTou = timeOfUse.PermilleAt(PriceRule.PeriodStart(policy, told.Key + 1));
            PricePeriod row = PriceRule.Close(previous, policy, told.Key, told.Sum(gate => gate.Value), nextTou);
            previous = row;
            yield return row;
            from = told.Key + 1;
        }

        foreach (PricePeriod missed in PriceRule.CloseMissed(previous, policy, from, until, timeOfUse)) yield return missed;
    }

    // A period's end value prices the next one.
    private void RememberSlices(in PricePeriod row)
    {
        for (long slice = Math.Max(row.Period, row.Period + row.Count - SlicesKept); slice < row.Period + row.Count; slice++)
            _sliceMultipliers[slice + 1] = row.MultiplierPermille;
        while (_sliceMultipliers.Count > SlicesKept) _sliceMultipliers.Remove(_sliceMultipliers.Keys.First());
    }

    private TimeOfUse TimeOfUseOf(ClassPolicy policy)
    {
        if (_timeOfUse is null || _timeOfUseVersion != policy.Version) _timeOfUse = new TimeOfUse(policy.Price.TimeOfUse, timeZone);
        _timeOfUseVersion = policy.Version;
        return _timeOfUse;
    }
}
