using CoopGrid.Model;
using CsCheck;

namespace CoopGrid.Domain.Tests.Governance;

/// <summary>Valid policies to start a test from.</summary>
internal static class Policies
{
    public static ClassPolicy Valid { get; } = new()
    {
        Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 2000, MaxRequestUnits = 100 },
    };

    /// <summary>Any valid policy: every field varies.</summary>
    public static Gen<ClassPolicy> Any =>
        from head in Gen.Select(Gen.Bool, Gen.Bool, Gen.Long[600_000, 604_800_000])
        from window in Window(head.Item1)
        from tariff in Tariff
        from lanes in Lanes
        from capacity in Gen.Select(Gen.Long[10, 1_000_000], Gen.Long[4_000, 1_000_000], Gen.Long[1, 100])
        from quota in Gen.Select(Gen.Long[0, 1_000_000], Gen.Long[100, 1_000_000], Gen.Long[0, long.MaxValue / 10])
        from price in Price(capacity.Item1)
        from market in Market(head.Item1, lanes.Sum(lane => lane.GuaranteedPermille), capacity.Item1)
        from shift in TimeShift(head.Item1)
        from weights in Gen.Select(Gen.Long[1, 1_000_000_000], Gen.Long[1, 1_000_000_000_000]).Array[0, 4]
        select new ClassPolicy
        {
            Entry = head.Item1 ? UsageEntry.Metered : UsageEntry.Admitted,
            RelaxedAllowed = head.Item2,
            DedupeWindowMs = head.Item3,
            Window = window,
            Tariff = tariff,
            Lanes = [.. lanes],
            Capacity = new() { UnitsPerSecond = capacity.Item1, BurstUnits = capacity.Item2, MaxRequestUnits = capacity.Item3 },
            Quota = new() { UnitsPerSecond = quota.Item1, BurstUnits = quota.Item1 == 0 ? 0 : quota.Item2, WindowUnits = quota.Item3 },
            Price = price,
            Market = market,
            Bank = shift.Bank,
            Deferral = shift.Deferral,
            Weights = [.. weights.Select((weight, i) => new CostWeight { Dimension = $"d{i}", Units = weight.Item1, Per = weight.Item2 })],
        };

    private static Gen<TariffPolicy> Tariff =>
        Gen.Select(Gen.Long[0, 1_000_000_000_000], Gen.Long[0, 1000], Gen.Int[0, 100_000], Gen.Bool, Gen.Long[0, 1_000_000_000_000_000], Gen.Int[0, 1000])
            .Select((fee, rate, comfort, previous, baseline, commons) => new TariffPolicy
            {
                FixedFee = fee,
                Rate = rate,
                ComfortPermille = comfort,
                MeanBasis = previous ? MeanBasis.PreviousEpoch : MeanBasis.SameEpoch,
                BaselineUnits = baseline,
                CommonsPermille = commons,
            });

    private static Gen<LanePolicy[]> Lanes =>
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 110], Gen.Bool, Gen.Bool, Gen.Int[0, 10_000]).Array[0, 7].Select(drawn => drawn
            .Append((1, 0, false, false, 100))
            .OrderBy(lane => lane.Item1)
            .Select((lane, i) => new LanePolicy
            {
                Name = $"lane-{i}",
                Priority = (LanePriority)lane.Item1,
                GuaranteedPermille = lane.Item2,
                NeedsEntitlement = lane.Item3,
                SurgeExempt = lane.Item4,
                LongestWaitMs = lane.Item5,
            })
            .ToArray());

    // The target is at least one unit in a control period.
    private static Gen<PricePolicy> Price(long capacity) =>
        from numbers in Gen.Select(OneOf(100, 1000, 60_000, 900_000), Gen.Int[10, 1000], Gen.Int[1, 100], Gen.Int[1000, 10_000])
        from bands in Gen.Select(Gen.Int[1, 127], Gen.Int[0, 1439], Gen.Int[1, 1440], Gen.Int[1, 1_000_000]).Array[0, 3]
        select new PricePolicy
        {
            ControlPeriodMs = numbers.Item1,
            TargetPermille = (int)Math.Max(numbers.Item2, (1_000_000 + capacity * numbers.Item1 - 1) / (capacity * numbers.Item1)),
            DoublingPeriods = numbers.Item3,
            CapPermille = numbers.Item4,
            TimeOfUse = [.. bands.Select(band => new TouBand
            {
                Days = (byte)band.Item1,
                FromMinute = Math.Min(band.Item2, band.Item3 - 1),
                ToMinute = band.Item3,
                Permille = band.Item4,
            })],
        };

    // A metered class sells nothing; the guarantees of lanes leave room for what is sold.
    private static Gen<MarketPolicy> Market(bool metered, int guaranteed, long capacity) =>
        from times in Gen.Select(Gen.Long[1, 86_400], Gen.Long[0, 604_800_000], Gen.Long[1000, 30_000_000_000])
        from sold in Gen.Select(Gen.Int[0, Math.Min(999, 1000 - guaranteed)], Gen.Long[0, 100_000], Gen.Long[0, 1_000_000])
        from overage in Gen.Int[1000, 1_000_000]
        select new MarketPolicy
        {
            SlotMs = times.Item1 * 1000,
            GateClosureMs = times.Item2,
            AheadMs = times.Item2 + times.Item3,
            SellablePermille = metered || capacity * sold.Item1 < 1000 ? 0 : sold.Item1,
            ReservePrice = sold.Item2,
            MemberCapUnitsPerSecond = sold.Item3,
            OveragePermille = overage,
        };

    // A metered class gives no tickets.
    private static Gen<(BankPolicy Bank, DeferralPolicy Deferral)> TimeShift(bool metered) =>
        from bank in Gen.Select(Gen.Int[0, 1000], Gen.Long[0, 1_000_000_000_000_000], Gen.Int[0, 1000])
        from deferral in Gen.Select(Gen.Bool, Gen.Long[1000, 3_600_000], Gen.Long[2000, 80_000_000], Gen.Long[1, 1_000_000])
        select (
            new BankPolicy { SharePermille = bank.Item1, CapUnits = bank.Item2, DecayPermille = bank.Item3 },
            new DeferralPolicy
            {
                DeferMinMs = deferral.Item2,
                HorizonMs = metered || deferral.Item1 ? 0 : deferral.Item2 + deferral.Item3,
                MemberCapUnits = deferral.Item4,
            });

    private static Gen<WindowPolicy> Window(bool metered) =>
        Gen.Select(OneOf(900_000, 1_800_000, 3_600_000), Gen.Int[1, 8000], Gen.Long[0, 31], Gen.Int[0, 2], Gen.Long[1, 1000])
            .Select((slice, slices, grace, kind, length) => new WindowPolicy
            {
                SliceMs = slice,
                Slices = slices,
                GraceMs = metered ? grace * slice : 0,
                Epoch = new() { Kind = (EpochKind)kind, FixedMs = (EpochKind)kind == EpochKind.Fixed ? length * slice : 0 },
            });

    private static Gen<long> OneOf(params long[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
