using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Admission;

/// <summary>What an admission is charged and answered, and what covers it (SPEC.md §6).</summary>
public sealed class ChargeTests
{
    /// <summary>The member has used 50 units before.</summary>
    [Theory]
    [InlineData("standard", 0, 0, 0, 5, 0)]
    [InlineData("standard", 50, 0, 0, 5, 0)]
    [InlineData("standard", 53, 0, 3, 2, 0)]
    [InlineData("standard", 55, 0, 5, 0, 0)]
    [InlineData("standard", 90, 0, 5, 0, 35)]
    [InlineData("bulk", 53, 0, 3, 2, 0)]
    [InlineData("critical", 53, 5, 0, 0, 0)]
    [InlineData("critical", 90, 5, 0, 0, 35)]
    public void The_lane_covers_then_the_baseline_and_the_rest_is_surged(
        string lane, long baseline, long exempt, long ofBaseline, long surged, long left)
    {
        var scene = new Scene { Lane = lane, Multiplier = 1400 };
        scene.Policy = scene.Policy with { Tariff = new() { BaselineUnits = baseline } };
        scene.Account = scene.Account with { Entitlements = ["critical"] };
        Admitted entry = scene.Decide().Entry!;

        Assert.Equal(new Covered(exempt, 0, ofBaseline, 0, surged), entry.Covered);
        Assert.Equal((55, left, 1400), (entry.WindowUsageUnits, entry.BaselineRemainingUnits, entry.MultiplierPermille));
    }

    /// <summary>For any usage, baseline and size: nothing negative, the sum is the units, the baseline first.</summary>
    [Fact]
    public void Coverings_add_up() =>
        Gen.Select(Gen.Long[0, 200], Gen.Long[0, 200], Gen.Long[1, 100]).Sample(
            (used, baseline, units) =>
            {
                var scene = new Scene { Units = units };
                scene.Policy = scene.Policy with { Tariff = new() { BaselineUnits = baseline } };
                scene.Account = scene.Account with { Usage = used == 0 ? [] : [new SliceUnits(Scene.Slice, used)] };
                Covered covered = scene.Decide().Entry!.Covered;
                Assert.Equal(units, covered.Total);
                Assert.Equal(Math.Min(units, Math.Max(0, baseline - used)), covered.Baseline);
                Assert.Equal(units - covered.Baseline, covered.Surged);
            },
            iter: 2000);

    [Fact]
    public void The_entry_is_the_next_one_and_says_all_that_a_retry_is_told()
    {
        var scene = new Scene();
        Decision decision = scene.Decide();
        Admitted entry = decision.Entry!;
        Assert.Equal((8, Scene.Now, Scene.Slice, 3), (entry.Sequence, entry.At, entry.Slice, entry.PolicyVersion));
        Assert.Equal(("k", "standard", "relay"), (entry.Key, entry.Lane, entry.Caller));

        MemberAccount account = scene.Build();
        account.Apply(entry);
        Assert.Equal(decision.Answer with { Replayed = true }, scene.Decide(account).Answer);
        Assert.Equal(55, account.TotalUnits);
    }

    /// <summary>The slice is the latest of the clock's, the member's last and the producer's mark (L5a).</summary>
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(3, 0, 3)]
    [InlineData(0, 2, 2)]
    [InlineData(3, 2, 3)]
    public void An_entry_counts_in_no_slice_that_may_be_closed(long last, long mark, long expected)
    {
        var scene = new Scene();
        scene.Account = scene.Account with { LastSlice = Scene.Slice + last };
        Conditions conditions = scene.Conditions with { Mark = Scene.Slice + mark };
        Decision decision = AdmissionRule.Decide(
            scene.Build(), scene.Request, conditions, Domain.Capacity.CapacityPlan.From(scene.Policy), scene.Room);
        Assert.Equal(Scene.Slice + expected, decision.Entry!.Slice);
    }

    [Fact]
    public void A_key_past_the_dedupe_window_is_a_new_send()
    {
        var scene = new Scene();
        scene.Remembered = s => new(Scene.Admission("k", Payload.Of(s.Request)) with { At = Scene.Now.PlusMs(-s.Policy.DedupeWindowMs) }, 0);
        Assert.True(scene.Decide().Answer.Replayed);
        scene.Remembered = s => new(Scene.Admission("k", Payload.Of(s.Request)) with { At = Scene.Now.PlusMs(-s.Policy.DedupeWindowMs - 1) }, 0);
        Decision decision = scene.Decide();
        Assert.False(decision.Answer.Replayed);
        Assert.NotNull(decision.Entry);
    }

    /// <summary>A payload is lane, units or dimensions, and ticket; nothing else of a request.</summary>
    [Fact]
    public void What_a_payload_is()
    {
        ulong plain = Payload.Of(new Scene().Request);
        Assert.Equal(plain, Payload.Of(new Scene { MaxMultiplier = 9, MaxWait = 9, DeferUntil = 9, Key = "other" }.Request));
        ulong[] others =
        [
            Payload.Of(new Scene { Lane = "bulk" }.Request),
            Payload.Of(new Scene { Lane = "" }.Request),
            Payload.Of(new Scene { Units = 6 }.Request),
            Payload.Of(new Scene { Units = 0, Dimensions = [new("messages", 5)] }.Request),
            Payload.Of(new Scene { Units = 0, Dimensions = [new("messages", 2), new("more", 3)] }.Request),
            Payload.Of(new Scene { Ticket = "t" }.Request),
        ];
        Assert.Equal(others.Length + 1, others.Append(plain).Distinct().Count());
    }

    /// <summary>Stored with every key: the number must never change.</summary>
    [Fact]
    public void A_payloads_fingerprint_is_for_ever() => Assert.Equal(GoldenPayload, Payload.Of(new Scene { Ticket = "t" }.Request));

    private const ulong GoldenPayload = 12705061900903406249;
}
