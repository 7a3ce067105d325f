using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Admission;

/// <summary>Giving units back (SPEC.md §4): the account remembers an admission of 5 units, of which 2 were given back.</summary>
public sealed class CancelRuleTests
{
    [Theory]
    [InlineData("", 1, "relay", CancelOutcome.Invalid, 0)]
    [InlineData("k", -1, "relay", CancelOutcome.Invalid, 0)]
    [InlineData("unknown", 3, "relay", CancelOutcome.KeyUnknown, 0)]
    [InlineData("k", 3, "another", CancelOutcome.KeyUnknown, 0)]
    [InlineData("k", 6, "relay", CancelOutcome.UnitsOutOfRange, 2)]
    [InlineData("k", 1, "relay", CancelOutcome.UnitsOutOfRange, 2)]
    [InlineData("k", 2, "relay", CancelOutcome.Returned, 2)]
    [InlineData("k", 3, "relay", CancelOutcome.Returned, 3)]
    [InlineData("k", 5, "relay", CancelOutcome.Returned, 5)]
    [InlineData("k", 0, "relay", CancelOutcome.Returned, 5)]
    public void Each_outcome(string key, long units, string caller, CancelOutcome expected, long returned)
    {
        Scene scene = Known();
        MemberAccount account = scene.Build();
        string before = Scene.Portrait(account);
        (CancelAnswer answer, Cancelled? entry) = CancelRule.Decide(account, key, units, caller, scene.Conditions);
        Assert.Equal((expected, returned), (answer.Outcome, answer.ReturnedUnits));
        Assert.Equal(before, Scene.Portrait(account));
        Assert.Equal(expected == CancelOutcome.Returned && returned > 2, entry is not null);
        if (entry is not null) Assert.Equal((returned - 2, returned, Scene.Slice), (entry.Units, entry.ReturnedUnits, entry.AdmittedSlice));
    }

    /// <summary>The first outcome that applies, in the order of the enum.</summary>
    [Fact]
    public void Outcomes_come_in_their_order()
    {
        Scene scene = Known();
        scene.Account = scene.Account with { Status = MemberStatus.Unknown };
        Assert.Equal(CancelOutcome.Invalid, CancelRule.Decide(scene.Build(), "", 9, "another", scene.Conditions).Answer.Outcome);
        Assert.Equal(CancelOutcome.MemberUnknown, CancelRule.Decide(scene.Build(), "unknown", 9, "another", scene.Conditions).Answer.Outcome);
        Assert.Equal(CancelOutcome.KeyUnknown, CancelRule.Decide(Known().Build(), "k", 9, "another", scene.Conditions).Answer.Outcome);
    }

    [Fact]
    public void A_suspended_member_can_still_give_back()
    {
        Scene scene = Known();
        scene.Account = scene.Account with { Status = MemberStatus.Suspended };
        Assert.Equal(CancelOutcome.Returned, CancelRule.Decide(scene.Build(), "k", 0, "relay", scene.Conditions).Answer.Outcome);
    }

    [Fact]
    public void Past_the_dedupe_window_the_key_is_unknown()
    {
        Scene scene = Known();
        Conditions late = scene.Conditions with { Now = Scene.Now.PlusMs(scene.Policy.DedupeWindowMs) };
        Assert.Equal(CancelOutcome.KeyUnknown, CancelRule.Decide(scene.Build(), "k", 0, "relay", late).Answer.Outcome);
    }

    /// <summary>What stands on a closed bill stays; a repeat of what was given back before is harmless all the same.</summary>
    [Theory]
    [InlineData(3, CancelOutcome.EpochClosed, 2)]
    [InlineData(0, CancelOutcome.EpochClosed, 2)]
    [InlineData(2, CancelOutcome.Returned, 2)]
    [InlineData(1, CancelOutcome.UnitsOutOfRange, 2)]
    public void In_a_closed_epoch_nothing_more_is_given_back(long units, CancelOutcome expected, long returned)
    {
        Scene scene = Known();
        Conditions closed = scene.Conditions with { ClosedBefore = Scene.Slice + 1 };
        (CancelAnswer answer, Cancelled? entry) = CancelRule.Decide(scene.Build(), "k", units, "relay", closed);
        Assert.Equal((expected, returned, null), (answer.Outcome, answer.ReturnedUnits, entry));
        Conditions open = scene.Conditions with { ClosedBefore = Scene.Slice };
        Assert.NotEqual(CancelOutcome.EpochClosed, CancelRule.Decide(scene.Build(), "k", units, "relay", open).Answer.Outcome);
    }

    /// <summary>Any sequence of totals: the usage is what was admitted less the highest total that was accepted, and a spent key answers so.</summary>
    [Fact]
    public void The_total_only_grows_and_a_repeat_is_harmless() =>
        Gen.Long[0, 7].Array[1, 12].Sample(
            totals =>
            {
                var scene = new Scene();
                MemberAccount account = scene.Build();
                account.Apply(scene.Decide(account).Entry!);
                long highest = 0;
                foreach (long total in totals)
                {
                    long wanted = total == 0 ? 5 : total;
                    (CancelAnswer answer, Cancelled? entry) = CancelRule.Decide(account, "k", total, "relay", scene.Conditions);
                    bool accepted = wanted <= 5 && wanted >= highest;
                    Assert.Equal(accepted, answer.Outcome == CancelOutcome.Returned);
                    if (entry is not null) account.Apply(entry);
                    if (accepted) highest = wanted;
                    Assert.Equal((55 - highest, 55 - highest), (account.TotalUnits, account.UsageAt(Scene.Slice)));
                }

                Assert.Equal(highest == 5 ? Outcome.KeyCancelled : Outcome.Admitted, scene.Decide(account).Answer.Outcome);
            },
            iter: 1000);

    /// <summary>What covered the units returns in reverse order: surged, banked, baseline, reserved, exempt.</summary>
    [Fact]
    public void Coverings_return_in_reverse_order()
    {
        var covered = new Covered(1, 2, 3, 4, 5);
        Covered[] expected =
        [
            new(1, 2, 3, 4, 5), new(1, 2, 3, 4, 4), new(1, 2, 3, 4, 3), new(1, 2, 3, 4, 2), new(1, 2, 3, 4, 1), new(1, 2, 3, 4, 0), new(1, 2, 3, 3, 0),
            new(1, 2, 3, 2, 0), new(1, 2, 3, 1, 0), new(1, 2, 3, 0, 0), new(1, 2, 2, 0, 0), new(1, 2, 1, 0, 0), new(1, 2, 0, 0, 0), new(1, 1, 0, 0, 0),
            new(1, 0, 0, 0, 0), default,
        ];
        Assert.Equal(expected, Enumerable.Range(0, 16).Select(units => covered.GiveBack(units)));
        Assert.Throws<ArgumentOutOfRangeException>(() => covered.GiveBack(16));
        Assert.Throws<ArgumentOutOfRangeException>(() => covered.GiveBack(-1));
    }

    private static Scene Known() => new() { Remembered = scene => new(Scene.Admission("k", Payload.Of(scene.Request)), 2) };
}
