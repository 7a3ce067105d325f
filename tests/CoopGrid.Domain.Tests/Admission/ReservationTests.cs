using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Market;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Admission;

/// <summary>What a running reservation makes of the table's rows 5 to 8, and of a cancel (SPEC.md §6 and §7).</summary>
public sealed class ReservationTests
{
    // 50 units/s, 20 at once; the slot has run for a second.
    private static readonly ReservedRate Rate = new(50, 20, Scene.Now.PlusMs(-1000), 300);

    private static Scene Held(long units, Action<Scene>? change = null)
    {
        Scene scene = new() { Units = units, Reserved = Rate, Multiplier = 1300 };
        scene.Policy = scene.Policy with
        {
            Market = new() { SellablePermille = 400, OveragePermille = 2000 },
            Tariff = scene.Policy.Tariff with { BaselineUnits = 1000 },
        };
        change?.Invoke(scene);
        return scene;
    }

    [Fact]
    public void Units_under_it_count_nowhere_and_are_not_surged()
    {
        Scene scene = Held(15);
        MemberAccount account = scene.Build();
        Decision decision = scene.Decide(account);
        Assert.Equal((Outcome.Admitted, 1300, new Covered(0, 15, 0, 0, 0)), (decision.Answer.Outcome, decision.Answer.MultiplierPermille, decision.Answer.Covered));
        Assert.Equal((50, 950), (decision.Answer.WindowUsageUnits, decision.Answer.BaselineRemainingUnits));
        Assert.Equal(new RoomRequest(1, Bands.Protected, 15) { Reserved = 15 }, Assert.Single(scene.Room.Taken));
        account.Apply(decision.Entry!);
        Assert.Equal((50, 50, 5), (account.UsageAt(Scene.Slice), account.TotalUnits, account.Reservation.UsableUnits(Rate)));
    }

    [Fact]
    public void Units_beyond_it_are_surged_at_the_overage_multiplier_without_baseline_and_count()
    {
        Scene scene = Held(30);
        MemberAccount account = scene.Build();
        Decision decision = scene.Decide(account);
        Assert.Equal((2000, new Covered(0, 20, 0, 0, 10)), (decision.Answer.MultiplierPermille, decision.Answer.Covered));
        Assert.Equal(60, decision.Answer.WindowUsageUnits);
        Assert.Equal((30, 20), (decision.Asked.Units, decision.Asked.Reserved));
        account.Apply(decision.Entry!);
        Assert.Equal((60, 0), (account.UsageAt(Scene.Slice), account.Reservation.UsableUnits(Rate)));
        Assert.Equal(2500, Held(30, scene => scene.Multiplier = 2500).Decide().Answer.MultiplierPermille);
    }

    [Fact]
    public void Units_under_it_use_no_quota()
    {
        static void OfTen(Scene scene) => scene.Policy = scene.Policy with { Quota = new() { UnitsPerSecond = 1, BurstUnits = 10, WindowUnits = 60 } };
        Assert.Equal(Outcome.Admitted, Held(30, OfTen).Decide().Answer.Outcome);
        AdmissionAnswer over = Held(31, OfTen).Decide().Answer;
        Assert.Equal((Outcome.QuotaExceeded, 31), (over.Outcome, over.Units));
        Scene spent = Held(20, OfTen);
        spent.Account = spent.Account with { QuotaSpentMicroUnits = 10_000_000, QuotaAt = Scene.Now };
        Assert.Equal(Outcome.Admitted, spent.Decide().Answer.Outcome);
    }

    /// <summary>Seen to fail with the band of its standing.</summary>
    [Fact]
    public void What_is_reserved_in_whole_competes_as_protected_however_far_its_holder_is_above_the_mean()
    {
        static void FarAbove(Scene scene)
        {
            scene.Mean = new(10, 10);
            scene.Policy = scene.Policy with { Tariff = new() };
        }

        Assert.Equal(Bands.Protected, Held(20, FarAbove).Decide().Asked.Band);
        Assert.NotEqual(Bands.Protected, Held(21, FarAbove).Decide().Asked.Band);
    }

    [Fact]
    public void A_limit_on_the_multiplier_holds_for_what_is_beyond()
    {
        Assert.Equal(Outcome.Admitted, Held(20, scene => scene.MaxMultiplier = 1000).Decide().Answer.Outcome);
        AdmissionAnswer dear = Held(21, scene => scene.MaxMultiplier = 1500).Decide().Answer;
        Assert.Equal((Outcome.PriceAboveLimit, 2000), (dear.Outcome, dear.MultiplierPermille));
    }

    [Fact]
    public void An_exempt_lane_leaves_it_alone_and_outside_the_slot_it_is_as_if_there_were_none()
    {
        Decision exempt = Held(20, scene =>
        {
            scene.Lane = "critical";
            scene.Account = scene.Account with { Entitlements = ["critical"] };
        }).Decide();
        Assert.Equal((new Covered(20, 0, 0, 0, 0), (ReservationUse?)null), (exempt.Answer.Covered, exempt.Entry!.Reservation));
        Decision over = Held(20, scene => scene.Reserved = Rate with { Starts = Scene.Now.PlusMs(-300_000) }).Decide();
        Assert.Equal((new Covered(0, 0, 20, 0, 0), (ReservationUse?)null), (over.Answer.Covered, over.Entry!.Reservation));
    }

    /// <summary>Surged first, then what was reserved: the former counted, the latter did not.</summary>
    [Fact]
    public void A_cancel_gives_back_what_was_beyond_before_what_was_reserved()
    {
        Scene scene = Held(30);
        MemberAccount account = scene.Build();
        account.Apply(scene.Decide(account).Entry!);
        foreach ((long total, long usage, long reserved) in new[] { (4L, 56L, 0L), (15, 50, 5), (0, 50, 15) })
        {
            Cancelled entry = CancelRule.Decide(account, "k", total, "relay", scene.Conditions).Entry!;
            Assert.Equal(reserved, entry.ReservedUnits);
            account.Apply(entry);
            Assert.Equal(usage, account.UsageAt(Scene.Slice));
        }

        // The rate that was used is not given back.
        Assert.Equal(0, account.Reservation.UsableUnits(Rate));
    }
}
