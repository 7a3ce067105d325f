using System.Collections.Immutable;
using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Metering;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Metering;

/// <summary>Reports past their grace (SPEC.md §9). Epochs of ten slices of a second, three of grace; slice 104 has just begun, in epoch 10; a baseline of 40.</summary>
public sealed class LateReportTests
{
    private static readonly ClassPolicy Policy = new()
    {
        Entry = UsageEntry.Metered,
        Window = new() { SliceMs = 1000, Slices = 10, GraceMs = 3000, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 10_000 } },
        Tariff = new() { BaselineUnits = 40 },
        Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 1000, MaxRequestUnits = 1000 },
    };

    private static readonly EpochPlan Plan = new(
        new() { Runs = [new(Policy.Window.Epoch, -50, 0, 0)], Until = 120 }, Policy.Window, "UTC");

    private static Conditions Now => new(Instant.FromUnixMs(104_000), 1, Policy, default, 1000, long.MinValue, 104);

    /// <summary>Seen to fail with a baseline that late units do not use up.</summary>
    [Fact]
    public void What_is_late_is_in_no_sum_and_shares_the_baseline()
    {
        MemberAccount account = Account(enrolled: 0);
        UsageReported first = Accept(account, 1, new(88, 10), new(91, 25), new(101, 30));
        Assert.Equal(101, first.InTimeFrom);
        Assert.Equal([8, 9], first.LateEpochs.Select(epoch => epoch.Number));
        Assert.Equal([(10, 0), (25, 0), (5, 25)], first.Slices.Select(slice => (slice.BaselineUnits, slice.SurgedUnits)));
        account.Apply(new EpochBegan(account.Sequence + 1, default, 104, 1, Plan.At(101)!, 0));
        account.Apply(first with { Sequence = account.Sequence + 1 });
        Assert.Equal((30, 10, 25), (account.UsageAt(104), account.Late.Of(8).Units, account.Late.Of(9).Units));
        Assert.Equal(30, account.FiguresOf(Plan.At(101)!, 109)!.Units);

        UsageReported second = Accept(account, 2, new SliceUsage(102, 1));
        Assert.Equal((long.MinValue, true), (second.InTimeFrom, second.LateEpochs.IsEmpty));
    }

    /// <summary>Of one epoch, in two reports: the second is rated after the first. Lines that are handed in wait no more; a checkpoint keeps both.</summary>
    [Fact]
    public void Late_reports_wait_in_their_order_until_they_are_handed_in()
    {
        MemberAccount account = Account(enrolled: 0);
        account.Apply(Accept(account, 1, new SliceUsage(88, 30)));
        account.Apply(Accept(account, 2, new SliceUsage(89, 20)));
        Assert.Equal([(1, 0, 30), (2, 30, 20)], account.Late.Waiting.Select(late => ((int)late.ReportSequence, late.Before.Units, late.Units.Units)));
        Assert.Equal((20, 50), (account.Late.Waiting[1].Units.Surged.Sum(group => group.Units) + 10, account.Late.Of(8).Units));
        MemberAccount back = MemberAccount.Restore(account.Snapshot());
        Assert.Equal(account.Late.Waiting, back.Late.Waiting);
        back.Apply(new LateHandedIn(back.Sequence + 1, default, 104, 1, "roof", 1, 8));
        Assert.Equal(2, Assert.Single(back.Late.Waiting).ReportSequence);
        Assert.Equal(50, back.Late.Of(8).Units);
    }

    [Theory]
    [InlineData(85, 90, "before the member was enrolled")]
    [InlineData(-21, -100, "epoch is more than 12")]
    [InlineData(-60, -100, "no epoch")]
    public void What_cannot_be_billed_is_too_late(long slice, long enrolled, string reason)
    {
        (ReportAnswer answer, MemberEntry? entry) = Decide(Account(enrolled), 1, Plan, new SliceUsage(slice, 1));
        Assert.Equal((ReportOutcome.TooLate, null), (answer.Outcome, entry));
        Assert.Contains(reason, answer.Reason, StringComparison.Ordinal);
    }

    /// <summary>The slice that it was enrolled in, and the first of the twelfth epoch before the running one.</summary>
    [Theory]
    [InlineData(85, 85)]
    [InlineData(-20, -100)]
    public void The_oldest_slices_that_can_be_billed_are_taken(long slice, long enrolled) =>
        Assert.Equal(ReportOutcome.Accepted, Decide(Account(enrolled), 1, Plan, new SliceUsage(slice, 1)).Answer.Outcome);

    /// <summary>Two slices of one epoch wait once. Lines of one meter, report and epoch are handed in apart from those of the others.</summary>
    [Fact]
    public void What_is_handed_in_is_known_by_meter_report_and_epoch()
    {
        MemberAccount account = Account(enrolled: 0);
        account.Apply(new MeterRegistered(3, default, 0, 1, "cellar"));
        account.Apply(Accept(account, 1, new(88, 1), new(89, 1), new(91, 1)));
        (_, MemberEntry? cellar) = ReportRule.Decide(account, new() { Meter = "cellar", Sequence = 1, Slices = [new(88, 1)] }, Now, _ => 1500, Plan);
        account.Apply(cellar!);
        Assert.Equal([("roof", 8, 2), ("roof", 9, 1), ("cellar", 8, 1)], Waiting());
        account.Apply(new LateHandedIn(account.Sequence + 1, default, 104, 1, "roof", 1, 8));
        Assert.Equal([("roof", 9, 1), ("cellar", 8, 1)], Waiting());

        IEnumerable<(string, int, int)> Waiting() => account.Late.Waiting.Select(late => (late.Meter, (int)late.Epoch, (int)late.Units.Units));
    }

    /// <summary>Of all epochs that late units are taken for, the running one among them, the sums are kept: and of one more.</summary>
    [Fact]
    public void Sums_are_kept_as_long_as_units_may_come()
    {
        MemberAccount account = Account(enrolled: -100);
        account.Apply(Accept(account, 1, [.. Enumerable.Range(-2, 13).Select(epoch => new SliceUsage(epoch * 10, 1))]));
        Assert.All(Enumerable.Range(-2, 13), epoch => Assert.Equal(1, account.Late.Of(epoch).Units));
    }

    [Fact]
    public void A_class_without_epochs_takes_nothing_late() =>
        Assert.Equal(ReportOutcome.TooLate, Decide(Account(0), 1, null, new SliceUsage(90, 1)).Answer.Outcome);

    /// <summary>A bill's own lines say what it was rated on.</summary>
    [Fact]
    public void What_a_bill_was_rated_on_is_read_from_its_lines()
    {
        var used = new MemberFigures { Units = 70, EnrolledSlices = 7, Surged = [new(1, 1500, 8), new(1, 2000, 9), new(2, 1500, 10)] };
        var figures = new ClassFigures { Epoch = new(new("isle", "homes"), 9), Usage = 700, MemberSlices = 30, Slices = 10, PolicyVersion = 2, Tariff = new() { Rate = 3, FixedFee = 5 } };
        Bill bill = BillRule.Project(new("isle", "ann"), figures, used, []);
        Assert.Equal(used, MemberFigures.BilledBy(bill));
    }

    private static MemberAccount Account(long enrolled)
    {
        var account = new MemberAccount();
        account.Apply(new Enrolled(1, default, enrolled, 1, "homes", 10));
        account.Apply(new MeterRegistered(2, default, Math.Max(enrolled, 0), 1, "roof"));
        return account;
    }

    private static UsageReported Accept(MemberAccount account, long sequence, params SliceUsage[] slices)
    {
        (ReportAnswer answer, MemberEntry? entry) = Decide(account, sequence, Plan, slices);
        Assert.True(answer.Outcome == ReportOutcome.Accepted, answer.ToString());
        Assert.Equal(slices.Where(slice => slice.Slice < 101).Sum(slice => slice.Units), answer.LateUnits);
        return (UsageReported)entry!;
    }

    private static (ReportAnswer Answer, MemberEntry? Entry) Decide(MemberAccount account, long sequence, EpochPlan? plan, params SliceUsage[] slices) =>
        ReportRule.Decide(account, new() { Meter = "roof", Sequence = sequence, Slices = ImmutableArray.Create(slices) }, Now, _ => 1500, plan);
}
