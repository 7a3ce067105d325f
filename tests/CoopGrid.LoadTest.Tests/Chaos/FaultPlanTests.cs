using CoopGrid.LoadTest.Chaos.Faults;

namespace CoopGrid.LoadTest.Tests.Chaos;

public sealed class FaultPlanTests
{
    private static readonly FaultKind[] All = Enum.GetValues<FaultKind>();

    [Fact]
    public void The_same_seed_gives_the_same_schedule_and_another_seed_another()
    {
        FaultScope scope = Scope(3);
        Assert.Equal(FaultPlan.Of(7, scope), FaultPlan.Of(7, scope));
        Assert.NotEqual(FaultPlan.Of(7, scope), FaultPlan.Of(8, scope));
        // As it was when results were kept: a seed means the same schedule for ever.
        Assert.Equal("3.0s Join for 6.8 s", FaultPlan.Of(1, scope)[0].ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Faults_are_in_order_end_within_the_load_and_spare_a_silo(int silos)
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            FaultScope scope = Scope(silos);
            IReadOnlyList<Fault> faults = FaultPlan.Of(seed, scope);
            Assert.NotEmpty(faults);
            Assert.Equal(faults.OrderBy(fault => fault.AtMs), faults);
            Assert.All(faults, fault =>
            {
                Assert.True(fault.AtMs >= 3000 && fault.AtMs + fault.ForMs <= scope.LengthMs - 3000);
                Assert.InRange(fault.Silo, -1, silos - 1);
                Assert.NotEqual(fault.Silo, fault.Silo < 0 ? 0 : fault.Other);
                Assert.InRange(fault.StepMs, -5000, 5000);
                if (fault.Kind == FaultKind.Freeze) Assert.True(fault.ForMs > scope.EvictionMs);
            });
            if (silos == 1) continue;
            Assert.All(faults, fault => Assert.True(faults.Count(other => IsAtSilo(other) && Overlaps(other, fault.AtMs)) < silos));
        }
    }

    [Fact]
    public void Every_kind_comes_up_in_a_few_minutes()
    {
        var seen = Enumerable.Range(1, 5).SelectMany(seed => FaultPlan.Of((ulong)seed, Scope(3))).Select(fault => fault.Kind).ToHashSet();
        Assert.Equal(All.Length, seen.Count);
    }

    [Fact]
    public void Only_the_kinds_of_the_scope_are_used()
    {
        IReadOnlyList<Fault> faults = FaultPlan.Of(1, Scope(3) with { Kinds = [FaultKind.Kill] });
        Assert.All(faults, fault => Assert.Equal(FaultKind.Kill, fault.Kind));
    }

    private static bool IsAtSilo(Fault fault) => fault.Silo >= 0 && fault.Other < 0 && fault.Kind != FaultKind.StepClock;

    private static bool Overlaps(Fault fault, int moment) => fault.AtMs <= moment && moment < fault.AtMs + fault.ForMs;

    private static FaultScope Scope(int silos) => new(silos, 120_000, 12_000, 8_000, All);
}
