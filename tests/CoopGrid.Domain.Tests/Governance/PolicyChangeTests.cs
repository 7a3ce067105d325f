using CoopGrid.Domain.Governance;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Governance;

public sealed class PolicyChangeTests
{
    private static readonly ClassPolicy Old = Policies.Valid with
    {
        Weights = [new() { Dimension = "bytes", Per = 1000 }],
        Price = new() { TimeOfUse = [new() { Days = 1, FromMinute = 0, ToMinute = 60, Permille = 2000 }] },
    };

    public static TheoryData<string, ClassPolicy, bool> Changes => new()
    {
        { "entry", Old with { Entry = UsageEntry.Metered }, true },
        { "tariff.fixedFee", Old with { Tariff = new() { FixedFee = 1 } }, true },
        { "tariff.rate", Old with { Tariff = new() { Rate = 1 } }, true },
        { "tariff.comfortPermille", Old with { Tariff = new() { ComfortPermille = 1 } }, true },
        { "tariff.meanBasis", Old with { Tariff = new() { MeanBasis = MeanBasis.PreviousEpoch } }, true },
        { "tariff.baselineUnits", Old with { Tariff = new() { BaselineUnits = 1 } }, true },
        { "weights[0].per", Old with { Weights = [new() { Dimension = "bytes", Per = 1 }] }, true },
        { "weights[0].dimension, weights[0].units, weights[0].per", Old with { Weights = [] }, true },
        { "window.sliceMs", Old with { Window = new() { SliceMs = 900_000 } }, true },
        { "window.slices", Old with { Window = new() { Slices = 24 } }, true },
        { "window.epoch.kind", Old with { Window = new() { Epoch = new() { Kind = EpochKind.Week } } }, true },
        { "window.epoch.fixedMs", Old with { Window = new() { Epoch = new() { FixedMs = 1 } } }, true },
        { "window.graceMs", Old with { Window = new() { GraceMs = 1 } }, false },
        { "capacity.unitsPerSecond", Old with { Capacity = Old.Capacity with { UnitsPerSecond = 1 } }, false },
        { "lanes[2].name, lanes[2].priority, lanes[2].guaranteedPermille, lanes[2].needsEntitlement, lanes[2].surgeExempt, lanes[2].longestWaitMs",
            Old with { Lanes = [.. LanePolicy.Defaults.Take(2)] }, false },
        { "quota.windowUnits", Old with { Quota = new() { WindowUnits = 1 } }, false },
        { "price.timeOfUse[0].days", Old with { Price = new() { TimeOfUse = [Old.Price.TimeOfUse[0] with { Days = 3 }] } }, false },
        { "dedupeWindowMs", Old with { DedupeWindowMs = 1 }, false },
        { "market.sellablePermille", Old with { Market = new() { SellablePermille = 1 } }, false },
        { "relaxedAllowed", Old with { RelaxedAllowed = true }, false },
        { "", Old with { Version = 2, Lanes = [.. LanePolicy.Defaults] }, false },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_differs_and_whether_it_waits_for_the_next_epoch(string fields, ClassPolicy next, bool needsNewEpoch)
    {
        Assert.Equal(fields, string.Join(", ", PolicyChange.Between(Old, next).Select(change => change.Path)));
        Assert.Equal(needsNewEpoch, PolicyChange.NeedsNewEpoch(Old, next));
        Assert.Equal(fields.Length == 0, PolicyChange.AreEqual(Old, next));
    }

    [Fact]
    public void A_change_shows_both_values()
    {
        ClassPolicy next = Old with { Price = new() { TimeOfUse = [Old.Price.TimeOfUse[0] with { Days = 3, Permille = 1500 }] } };
        Assert.Equal(
            [new("price.timeOfUse[0].days", "[\"mon\"]", "[\"mon\", \"tue\"]"), new("price.timeOfUse[0].permille", "2000", "1500")],
            PolicyChange.Between(Old, next).AsEnumerable());
    }

    [Fact]
    public void What_is_new_has_no_old_value()
    {
        ClassPolicy next = Old with { Weights = [Old.Weights[0], new() { Dimension = "messages" }] };
        Assert.Equal(new FieldChange("weights[1].dimension", null, "\"messages\""), PolicyChange.Between(Old, next)[0]);
        Assert.Equal(new FieldChange("weights[1].dimension", "\"messages\"", null), PolicyChange.Between(next, Old)[0]);
    }
}
