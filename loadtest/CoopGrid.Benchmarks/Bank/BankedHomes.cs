using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Metering;
using CoopGrid.Domain.Pricing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;

namespace CoopGrid.Benchmarks.Bank;

/// <summary>What hours of metered homes came to, for each home in its order.</summary>
/// <param name="Surcharges">Micro-credits for units surged above ×1.</param>
/// <param name="Banks">The banks after the last hour.</param>
/// <param name="PeakHours">Hours in which the price was above ×1.</param>
/// <param name="HighestMultiplier">The dearest hour.</param>
internal sealed record HomesOutcome(ImmutableArray<long> Surcharges, ImmutableArray<BankAccount> Banks, int PeakHours, int HighestMultiplier);

/// <summary>
/// A metered class hour by hour by the grid's own rules: every home's meter reports each hour when it is over, the class prices and closes it, and an hour is final
/// when its grace is over. The series gives watt-hours; the policy has slices of an hour and epochs of a month.
/// </summary>
internal sealed class BankedHomes
{
    private const string Meter = "meter";

    private readonly ClassPolicy _policy;
    private readonly TimeOfUse _timeOfUse;
    private readonly MemberAccount[] _homes;
    private readonly long[] _surcharges;
    private readonly Dictionary<long, int> _multipliers = [];
    private readonly BankHistory? _bank;
    private readonly long _first;
    private PricePeriod? _price;

    private BankedHomes(ClassPolicy policy, Instant start, int homes)
    {
        _policy = policy;
        _timeOfUse = new(policy.Price.TimeOfUse, "UTC");
        _first = policy.Window.SliceAt(start);
        _bank = policy.Bank.SharePermille == 0 ? null : new(BankTerms.Of(policy, policy.Bank, _first, startsEpoch: false));
        _homes = [.. Enumerable.Range(0, homes).Select(_ => Enrolled(_first))];
        _surcharges = new long[homes];
        _multipliers[_first] = _timeOfUse.PermilleAt(start);
    }

    /// <param name="hours">For each hour, each home's watt-hours.</param>
    public static HomesOutcome Run(ClassPolicy policy, Instant start, IReadOnlyList<long[]> hours)
    {
        var run = new BankedHomes(policy, start, hours[0].Length);
        for (int hour = 0; hour < hours.Count; hour++) run.Hour(run._first + hour, hours[hour]);
        return new(
            [.. run._surcharges],
            [.. run._homes.Select(home => run._bank is null ? home.Bank : Settling.Now(home, run._bank))],
            run._multipliers.Count(slice => slice.Key < run._first + hours.Count && slice.Value > 1000),
            run._multipliers.Values.Max());
    }

    private MemberAccount Enrolled(long slice)
    {
        var home = new MemberAccount();
        home.Apply(new Enrolled(1, _policy.Window.StartOf(slice), slice, 1, "residential", _policy.Window.Slices));
        home.Apply(new MeterRegistered(2, _policy.Window.StartOf(slice), slice, 1, Meter));
        return home;
    }

    private void Hour(long slice, long[] used)
    {
        Instant over = _policy.Window.StartOf(slice + 1);
        var now = new Conditions(over, 1, _policy, default, 1000, long.MinValue, slice + 1) { Bank = _bank };
        for (int home = 0; home < used.Length; home++)
        {
            var report = new UsageReport { Meter = Meter, Sequence = slice - _first + 1, Slices = [new(slice, used[home])] };
            var entry = (UsageReported)ReportRule.Decide(_homes[home], report, now, known => _multipliers[known]).Entry!;
            _homes[home].Apply(entry);
            ReportedSlice own = entry.Slices[0];
            _surcharges[home] += own.SurgedUnits * Math.Max(0, own.MultiplierPermille - 1000) * _policy.Tariff.Rate / 1000;
        }

        // What is accepted in an hour is its demand: the use of the hour before it.
        _price = PriceRule.Close(_price, _policy, slice, used.Sum(), _timeOfUse.PermilleAt(over));
        _multipliers[slice + 1] = _price.Value.MultiplierPermille;
        Close(slice - (_policy.Window.GraceMs / _policy.Window.SliceMs));
    }

    private void Close(long slice)
    {
        if (_bank is null || slice < _first) return;
        Instant next = _policy.Window.StartOf(slice + 1);
        if (EpochCalendar.At(_policy.Window.Epoch, _policy.Window, "UTC", next).Start == next)
            _bank.Add(BankTerms.Of(_policy, _policy.Bank, slice + 1, startsEpoch: true));
        _bank.Close(slice, default(PeakCount).With(_multipliers[slice]).IsOffPeak);
    }
}
