using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing.Leaving;

/// <summary>What a leaver's entry says, and what it does to the account. Epochs of ten slices of a second; slice 104 runs, in epoch 10.</summary>
public sealed class ExitRuleTests
{
    private static readonly ClassId Homes = new("isle", "homes");

    private static readonly ClassPolicy Policy = new()
    {
        Window = new() { SliceMs = 1000, Slices = 5, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 10_000 } },
        Tariff = new() { FixedFee = 1000, Rate = 3 },
        Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 1000, MaxRequestUnits = 100 },
    };

    private static readonly EpochPlan Plan = new(
        new() { Runs = [new(Policy.Window.Epoch, 0, 0, 0)], Until = 120 }, Policy.Window, "UTC");

    private static Conditions Now => new(Instant.FromUnixMs(104_500), 1, Policy, default, 1000, long.MinValue, 104);

    [Fact]
    public void The_final_figures_go_up_to_the_last_slice_and_hold_at_least_what_the_member_has()
    {
        MemberAccount account = Account();
        MemberLeft left = ExitRule.Leave(account, "moved", Now, Plan, Heard(10, usage: 100, memberSlices: 20), members: 2)!;
        Assert.Equal((104, 10, 100, 10), (left.Slice, left.Final!.Epoch.Number, left.Final.Usage, left.Final.MemberSlices));
        Assert.Equal((10, 1), (left.Final.ToFigures(Homes).Slices, left.Final.PolicyVersion));

        // Heard of before its own usage and enrolment.
        left = ExitRule.Leave(account, "moved", Now, Plan, Heard(10, usage: 3, memberSlices: 0), members: 0)!;
        Assert.Equal((7, 5), (left.Final!.Usage, left.Final.MemberSlices));
    }

    /// <summary>Seen to fail without the comparison of epochs: the member would be rated by another epoch's mean.</summary>
    [Fact]
    public void Who_leaves_in_an_epoch_that_was_not_heard_of_asks_again()
    {
        Assert.Null(ExitRule.Leave(Account(), "moved", Now, Plan, Heard(9, 100, 20), 2));
        Assert.Null(ExitRule.Leave(Account(), "moved", Now, Plan, null, 2));
        Assert.Null(ExitRule.Leave(Account(), "moved", Now, null, null, 2)!.Final);
    }

    [Fact]
    public void A_leaver_has_no_window_no_lane_and_no_meter_and_its_figures_stay()
    {
        MemberAccount account = Account();
        Assert.Equal([new SliceUnits(103, 4)], account.UsedAt(107));
        account.Apply(ExitRule.Leave(account, "moved", Now, Plan, Heard(10, 100, 20), 2)!);
        Assert.Equal((MemberStatus.Exited, "moved", 0), (account.Status, account.StatusReason, account.UsageAt(104)));
        Assert.Empty(account.Entitlements);
        Assert.Empty(account.Meters);
        EpochSlices epoch = account.Final!.Epoch;
        Assert.Equal((7, 5), (account.FiguresOf(epoch, epoch.End - 1)!.Units, account.FiguresOf(epoch, epoch.End - 1)!.EnrolledSlices));
        MemberAccount back = MemberAccount.Restore(account.Snapshot());
        Assert.Equal((account.Final, account.Status), (back.Final, back.Status));
        Assert.Equal(CancelOutcome.EpochClosed, CancelRule.Decide(account, "k", 0, "relay", Now).Answer.Outcome);
    }

    /// <summary>The class loses the window's units and the member, and the epoch's sums stay. Seen to fail with the units taken from the epoch too.</summary>
    [Fact]
    public void The_class_is_the_sum_of_those_who_stay_and_its_epoch_of_all()
    {
        var fold = new ClassFold(5) { };
        fold.Epochs.Plan = Plan;
        fold.Window.Roll(104);
        fold.Apply(1, 0, 1, [new(100, 0, 2), new(102, 3, 0), new(103, 4, 0), new(103, 9, 0)], long.MinValue);
        Assert.Equal((16, 2, 16, 20), (fold.Window.Usage, fold.Members, fold.Epochs.Of(10)!.Usage, fold.Epochs.Of(10)!.MemberSlices));
        fold.Apply(1, 1, 2, [new(102, 0, 0, WindowUnits: -3), new(103, 0, 0, WindowUnits: -4), new(105, 0, -1)], long.MinValue);
        Assert.Equal((9, 1, 16, 15), (fold.Window.Usage, fold.Members, fold.Epochs.Of(10)!.Usage, fold.Epochs.Of(10)!.MemberSlices));
        fold.Apply(1, 2, 3, [new(91, 0, 0, LateUnits: 5), new(92, 0, 0, LateUnits: 6)], long.MinValue);
        Assert.Equal((9, 11, 0), (fold.Window.Usage, fold.Epochs.LateOf(9), fold.Epochs.LateOf(10)));
    }

    // Enrolled in slice 100; 3 units in slice 102, 4 in 103.
    private static MemberAccount Account()
    {
        var account = new MemberAccount();
        account.Apply(new Enrolled(1, default, 100, 1, "homes", 5));
        account.Apply(new EntitlementChanged(2, default, 100, 1, "critical", true));
        account.Apply(new MeterRegistered(3, default, 100, 1, "roof"));
        account.Apply(new EpochBegan(4, default, 102, 1, new(10, 100, 110), 0));
        account.Apply(Admitted(5, 102, "k", 3));
        account.Apply(Admitted(6, 103, "l", 4));
        return account;
    }

    private static Admitted Admitted(long sequence, long slice, string key, long units) => new(
        sequence, Instant.FromUnixMs(slice * 1000), slice, 1, key, 0, "standard", 1000, new Covered(0, 0, 0, 0, units), units, 0, 0, "relay");

    private static ClassFigures Heard(long epoch, long usage, long memberSlices) => new()
    {
        Epoch = new(Homes, epoch),
        Usage = usage,
        MemberSlices = memberSlices,
        Slices = 10,
        PolicyVersion = 1,
        Tariff = Policy.Tariff,
    };
}
