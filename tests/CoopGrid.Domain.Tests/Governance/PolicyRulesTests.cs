using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

public sealed class PolicyRulesTests
{
    private const long Hour = 3_600_000;
    private static readonly ClassPolicy Valid = Policies.Valid;
    private static readonly LanePolicy Standard = new() { Name = "standard" };

    /// <summary>Each policy breaks one rule; the rule names the field.</summary>
    public static TheoryData<string, ClassPolicy> Broken => new()
    {
        { "version", Valid with { Version = 0 } },
        { "entry", Valid with { Entry = (UsageEntry)9 } },
        { "dedupeWindowMs", Valid with { DedupeWindowMs = 599_999 } },
        { "dedupeWindowMs", Valid with { DedupeWindowMs = 604_800_001 } },
        { "window.sliceMs", Valid with { Window = new() { SliceMs = 99 } } },
        { "window.sliceMs", Valid with { Window = new() { SliceMs = 7_000_000 } } },
        { "window.slices", Valid with { Window = new() { Slices = 0 } } },
        { "window.slices", Valid with { Window = new() { SliceMs = 12 * Hour, Slices = 733 } } },
        { "window.graceMs", Valid with { Window = new() { GraceMs = 1 } } },
        { "window.graceMs", Valid with { Entry = UsageEntry.Metered, Window = new() { GraceMs = (31 * Hour) + 1 } } },
        { "window.graceMs", Valid with { Entry = UsageEntry.Metered, Window = new() { GraceMs = -1 } } },
        { "window.epoch.kind", Valid with { Window = new() { Epoch = new() { Kind = (EpochKind)9 } } } },
        { "window.epoch.fixedMs", Valid with { Window = new() { Epoch = new() { FixedMs = Hour } } } },
        { "window.epoch.fixedMs", Valid with { Window = new() { Epoch = new() { Kind = EpochKind.Fixed } } } },
        { "window.epoch.fixedMs", Valid with { Window = new() { Epoch = new() { Kind = EpochKind.Fixed, FixedMs = Hour + 1 } } } },
        { "tariff.fixedFee", Valid with { Tariff = new() { FixedFee = -1 } } },
        { "tariff.rate", Valid with { Tariff = new() { Rate = 1_000_000_000_001 } } },
        { "tariff.rate", Valid with { Tariff = new() { Rate = 1_000_000_000_000 }, Capacity = Valid.Capacity with { UnitsPerSecond = 10_000_000 } } },
        { "tariff.comfortPermille", Valid with { Tariff = new() { ComfortPermille = -1 } } },
        { "tariff.baselineUnits", Valid with { Tariff = new() { BaselineUnits = -1 } } },
        { "tariff.meanBasis", Valid with { Tariff = new() { MeanBasis = (MeanBasis)2 } } },
        { "capacity.unitsPerSecond", Valid with { Capacity = Valid.Capacity with { UnitsPerSecond = 0 } } },
        { "capacity.burstUnits", Valid with { Capacity = Valid.Capacity with { BurstUnits = 1_000_000_000_001 } } },
        { "capacity.maxRequestUnits", Valid with { Capacity = Valid.Capacity with { MaxRequestUnits = 0 } } },
        { "capacity.maxRequestUnits", Valid with { Capacity = Valid.Capacity with { MaxRequestUnits = 1801 } } },
        { "lanes", Valid with { Lanes = [] } },
        { "lanes", Valid with { Lanes = default } },
        { "lanes", Valid with { Lanes = [.. Enumerable.Range(0, 9).Select(i => Standard with { Name = $"l{i}" })] } },
        { "lanes", Valid with { Lanes = [new() { Name = "bulk", Priority = LanePriority.Bulk }] } },
        { "lanes", Valid with { Lanes = [Standard with { GuaranteedPermille = 500 }, Standard with { Name = "other", GuaranteedPermille = 500 }] } },
        { "lanes[0].name", Valid with { Lanes = [Standard with { Name = "Standard" }] } },
        { "lanes[1].name", Valid with { Lanes = [Standard, Standard] } },
        { "lanes[1].priority", Valid with { Lanes = [Standard, Standard with { Name = "x", Priority = (LanePriority)3 }] } },
        { "lanes[1].priority", Valid with { Lanes = [Standard, new() { Name = "first", Priority = LanePriority.Critical }] } },
        { "lanes[0].guaranteedPermille", Valid with { Lanes = [Standard with { GuaranteedPermille = -1 }] } },
        { "lanes[0].longestWaitMs", Valid with { Lanes = [Standard with { LongestWaitMs = 10_001 }] } },
        { "quota.unitsPerSecond", Valid with { Quota = new() { UnitsPerSecond = -1 } } },
        { "quota.burstUnits", Valid with { Quota = new() { UnitsPerSecond = 1, BurstUnits = 99 } } },
        { "quota.burstUnits", Valid with { Quota = new() { BurstUnits = 1 } } },
        { "quota.windowUnits", Valid with { Quota = new() { WindowUnits = -1 } } },
        { "price.controlPeriodMs", Valid with { Price = new() { ControlPeriodMs = 99 } } },
        { "price.controlPeriodMs", Valid with { Price = new() { ControlPeriodMs = 7000 } } },
        { "price.targetPermille", Valid with { Price = new() { TargetPermille = 1001 } } },
        { "bank.sharePermille", Valid with { Bank = new() { SharePermille = 1001 } } },
        { "bank.capUnits", Valid with { Bank = new() { CapUnits = -1 } } },
        { "bank.decayPermille", Valid with { Bank = new() { DecayPermille = -1 } } },
        { "deferral.deferMinMs", Valid with { Deferral = new() { DeferMinMs = 999 } } },
        { "deferral.memberCapUnits", Valid with { Deferral = new() { MemberCapUnits = 0 } } },
        { "deferral.horizonMs", Valid with { Deferral = new() { HorizonMs = 61_999 } } },
        { "deferral.horizonMs", Valid with { Entry = UsageEntry.Metered, Deferral = new() { HorizonMs = 600_000 } } },
        { "price.targetPermille", Valid with { Price = new() { ControlPeriodMs = 100, TargetPermille = 9 } } },
        { "price.doublingPeriods", Valid with { Price = new() { DoublingPeriods = 0 } } },
        { "price.doublingPeriods", Valid with { Price = new() { DoublingPeriods = 100_000 }, Capacity = Valid.Capacity with { UnitsPerSecond = 1_000_000_000_000 } } },
        { "price.capPermille", Valid with { Price = new() { CapPermille = 999 } } },
        { "price.timeOfUse[0].days", Tou(new TouBand { FromMinute = 0, ToMinute = 1, Permille = 1 }) },
        { "price.timeOfUse[0].days", Tou(new TouBand { Days = 128, FromMinute = 0, ToMinute = 1, Permille = 1 }) },
        { "price.timeOfUse[0].from", Tou(new TouBand { Days = 1, FromMinute = 1440, ToMinute = 1440, Permille = 1 }) },
        { "price.timeOfUse[0].to", Tou(new TouBand { Days = 1, FromMinute = 0, ToMinute = 1441, Permille = 1 }) },
        { "price.timeOfUse[0].to", Tou(new TouBand { Days = 1, FromMinute = 60, ToMinute = 60, Permille = 1 }) },
        { "price.timeOfUse[0].permille", Tou(new TouBand { Days = 1, FromMinute = 0, ToMinute = 60 }) },
        { "price.timeOfUse", Tou(Enumerable.Repeat(new TouBand { Days = 1, ToMinute = 60, Permille = 1 }, 65)) },
        { "weights[0].dimension", Valid with { Weights = [new() { Dimension = "" }] } },
        { "weights[1].dimension", Valid with { Weights = [new() { Dimension = "a" }, new() { Dimension = "a" }] } },
        { "weights[0].units", Valid with { Weights = [new() { Dimension = "a", Units = 0 }] } },
        { "weights[0].per", Valid with { Weights = [new() { Dimension = "a", Per = 0 }] } },
        { "weights", Valid with { Weights = [.. Enumerable.Range(0, 33).Select(i => new CostWeight { Dimension = $"d{i}" })] } },
    };

    [Fact]
    public void The_valid_policy_is_valid() => Assert.Empty(PolicyRules.Check(Valid, "UTC"));

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_rule_names_its_field(string path, ClassPolicy policy)
    {
        Assert.Equal([path], PolicyRules.Check(policy, "UTC").Select(error => error.Path).Distinct());
    }

    [Fact]
    public void An_unknown_time_zone_is_an_error() => Assert.Equal("timeZone", Assert.Single(PolicyRules.Check(Valid, "Europe/Pari")).Path);

    [Theory]
    [InlineData("Europe/Paris", Hour, true)]
    [InlineData("Asia/Kolkata", Hour, false)]
    [InlineData("Asia/Kolkata", Hour / 2, true)]
    [InlineData("Asia/Kathmandu", Hour / 4, true)]
    [InlineData("UTC", 24 * Hour, true)]
    [InlineData("Europe/Paris", 24 * Hour, false)]
    public void Local_midnight_must_be_a_slice_edge(string zone, long sliceMs, bool valid)
    {
        ClassPolicy policy = Valid with { Window = new() { SliceMs = sliceMs, Slices = 7 } };
        Assert.Equal(valid, PolicyRules.Check(policy, zone).Count == 0);
    }

    [Fact]
    public void A_metered_class_is_judged_by_its_slice_and_not_by_its_control_period()
    {
        ClassPolicy policy = Valid with { Entry = UsageEntry.Metered, Price = new() { ControlPeriodMs = 7000 } };
        Assert.Empty(PolicyRules.Check(policy, "UTC"));
    }

    [Fact]
    public void A_time_of_use_above_the_cap_is_warned_of()
    {
        IReadOnlyList<PolicyError> warnings = PolicyRules.Warnings(Tou(new TouBand { Days = 1, ToMinute = 60, Permille = 2000 }));
        Assert.Equal("price.timeOfUse[0].permille", Assert.Single(warnings).Path);
    }

    [Fact]
    public void Splitting_pays_only_if_the_rate_can_exceed_the_fee()
    {
        Assert.Empty(PolicyRules.Warnings(Valid));
        Assert.Empty(PolicyRules.Warnings(Valid with { Tariff = new() { FixedFee = 1_000_000_000_000, Rate = 1 } }));
        PolicyError warning = Assert.Single(PolicyRules.Warnings(Valid with { Tariff = new() { FixedFee = 5_000, Rate = 10 } }));
        Assert.Contains("exceeds 500 units", warning.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// The joint checks hold what they promise: at the greatest values that pass, the steps of the integer exponential fit 128 bits
    /// and the greatest bill fits 64.
    /// </summary>
    [Fact]
    public void What_passes_cannot_overflow()
    {
        Policies.Any.Sample(
            policy =>
            {
                long periodMs = policy.Entry == UsageEntry.Metered ? policy.Window.SliceMs : policy.Price.ControlPeriodMs;
                long target = (long)((Int128)policy.Capacity.UnitsPerSecond * periodMs * policy.Price.TargetPermille / 1_000_000);
                Int128 k = Int128.Max(10, (Int128)target * policy.Price.DoublingPeriods * 14_427 / 10_000);
                Assert.True(target >= 1 && k <= PolicyLimits.MaxK);
            },
            seed: "0000KOIKe6v3",
            iter: 1000,
            threads: 1);
        Int128 worst = Exponential(16 * (Int128)PolicyLimits.MaxK, PolicyLimits.MaxK);
        Assert.True(worst > PolicyLimits.CapPermille.Max);
        Assert.True(Exponential(7 * (Int128)PolicyLimits.MaxK, PolicyLimits.MaxK) > PolicyLimits.CapPermille.Max);
    }

    private static ClassPolicy Tou(params IEnumerable<TouBand> bands) => Valid with { Price = new() { TimeOfUse = [.. bands] } };

    private static Int128 Exponential(Int128 x, Int128 k)
    {
        Int128 sum = 0;
        Int128 term = 1000 * k;
        for (int i = 1; term > 0; i++)
        {
            sum += term;
            term = term * x / (k * i);
        }

        return sum / k;
    }
}
