using CoopGrid.Domain.Admission;
using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Metering;
using CoopGrid.Domain.Tests.Admission;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

/// <summary>How rules settle and spend (<see cref="Settling"/>): a bank of 40 units, and a history that goes through the slice before the running one.</summary>
public sealed class SettlingTests
{
    private static readonly BankPolicy Half = new() { SharePermille = 500, CapUnits = 1000 };

    [Theory]
    [InlineData(1400, 0, 55, 15, 40, 0)]
    [InlineData(1400, 0, 70, 15, 40, 15)]
    [InlineData(1000, 0, 70, 15, 0, 55)]
    [InlineData(1400, 1300, 55, 15, 40, 0)]
    public void The_bank_covers_what_the_baseline_does_not_while_the_price_is_up(
        int multiplier, int limit, long units, long baseline, long banked, long surged)
    {
        Scene scene = Scene(units);
        scene.Multiplier = multiplier;
        scene.MaxMultiplier = limit;
        MemberAccount account = scene.Build();
        Decision decision = Decide(scene, account, History(Admission.Scene.Slice - 1, offPeak: false));
        Assert.Equal(new Covered(0, 0, baseline, banked, surged), decision.Answer.Covered);
        Assert.Equal(40, account.Bank.Held);
        account.Apply(decision.Entry!);
        Assert.Equal((40 - banked, banked), (account.Bank.Held, account.Bank.Spent));
    }

    [Fact]
    public void An_exempt_lane_spends_nothing()
    {
        Scene scene = Scene(70);
        scene.Multiplier = 2000;
        scene.Lane = "critical";
        scene.Account = scene.Account with { Entitlements = ["critical"] };
        Decision decision = Decide(scene, scene.Build(), History(Admission.Scene.Slice - 1, offPeak: false));
        Assert.Equal(new Covered(70, 0, 0, 0, 0), decision.Answer.Covered);
    }

    /// <summary>Without a history there is no bank: the entry's bytes are as they were.</summary>
    [Fact]
    public void A_class_without_a_bank_records_none()
    {
        Scene scene = Scene(70);
        Admitted entry = scene.Decide().Entry!;
        Assert.Null(entry.Bank);
        scene.Account = scene.Account with { Bank = default };
        Assert.Equal(4, MemberEntryCodec.Encode(scene.Decide().Entry!)[0]);
    }

    /// <summary>Once a slice, and when something is spent.</summary>
    [Fact]
    public void An_entry_that_leaves_the_bank_as_it_is_does_not_carry_it()
    {
        Scene scene = Scene(5);
        MemberAccount account = scene.Build();
        BankHistory history = History(Admission.Scene.Slice - 1, offPeak: false);
        Admitted first = Decide(scene, account, history).Entry!;
        Assert.Equal(Admission.Scene.Slice - 1, first.Bank!.Value.SettledThrough);
        account.Apply(first);
        scene.Key = "another";
        Assert.Null(Decide(scene, account, history).Entry!.Bank);
    }

    /// <summary>
    /// The class has fallen more than a window behind: what an entry pushes out of the window before it is final saves nothing.
    /// Otherwise the slice would be taken for an idle one later. Seen to fail without this rule.
    /// </summary>
    [Fact]
    public void What_the_account_forgets_before_it_is_final_saves_nothing()
    {
        long slice = Admission.Scene.Slice;
        Scene scene = Scene(5);
        scene.Account = scene.Account with
        {
            WindowSlices = 4,
            Newest = slice - 6,
            LastSlice = slice - 6,
            Usage = [new(slice - 8, 9), new(slice - 6, 9)],
            Bank = BankAccount.Opened(slice - 8),
        };
        MemberAccount account = scene.Build();
        account.Apply(Decide(scene, account, History(slice - 8, offPeak: true)).Entry!);
        Assert.Equal((slice - 6, 3L), (account.Bank.SettledThrough, account.Bank.Held));

        // Five idle slices of half a baseline of 60, and one with 5 units used: (5 · 30 + 20) / 4.
        Assert.Equal(3 + 42, Settling.Now(account, History(slice, offPeak: true)).Held);
    }

    /// <summary>
    /// The entry is a window after the slice that was used, which it pushes out: later nobody knows what was used there. Seen to fail with a window that is taken to be
    /// a slice longer.
    /// </summary>
    [Fact]
    public void The_first_slice_that_leaves_the_window_is_forgotten_too()
    {
        long slice = Admission.Scene.Slice;
        Scene scene = Scene(5);
        scene.Account = scene.Account with
        {
            WindowSlices = 4,
            Newest = slice - 4,
            LastSlice = slice - 4,
            Usage = [new(slice - 4, 60)],
            Bank = BankAccount.Opened(slice - 4),
        };
        MemberAccount account = scene.Build();
        account.Apply(Decide(scene, account, History(slice - 5, offPeak: true)).Entry!);
        Assert.Equal((slice - 4, 0L), (account.Bank.SettledThrough, Settling.Now(account, History(slice - 4, offPeak: true)).Held));
    }

    /// <summary>Seen to fail with the bank before the baseline.</summary>
    [Fact]
    public void A_report_spends_the_bank_in_the_slices_whose_price_is_up()
    {
        ClassPolicy policy = new()
        {
            Entry = UsageEntry.Metered,
            Window = new() { SliceMs = 1000, Slices = 10, GraceMs = 5000 },
            Tariff = new() { BaselineUnits = 40 },
            Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 1000, MaxRequestUnits = 1000 },
        };
        MemberAccount account = MemberAccount.Restore(new()
        {
            Status = MemberStatus.Active,
            Class = "homes",
            Sequence = 9,
            WindowSlices = 10,
            Newest = 95,
            Usage = [new(95, 7)],
            Meters = [new("meter", 3, 77, 95)],
            Bank = new(30, 0, 0, 30, 0, 10, 94),
        });
        var report = new UsageReport { Meter = "meter", Sequence = 4, Slices = [new(96, 40), new(97, 20), new(98, 15), new(99, 10)] };
        Conditions now = new(Instant.FromUnixMs(100_000), 1, policy, new(100, 10), 1000, long.MinValue, 100) { Bank = History(94, offPeak: true) };
        (ReportAnswer answer, MemberEntry? entry) = ReportRule.Decide(account, report, now, slice => slice == 97 ? 1000 : 2000);

        // The baseline has 33 left; slice 97 is at 1000 and spends nothing.
        var reported = (UsageReported)entry!;
        Assert.Equal([new(96, 33, 0, 2000, 7), new(97, 0, 20, 1000), new(98, 0, 0, 2000, 15), new(99, 0, 2, 2000, 8)], reported.Slices);
        Assert.Equal((85, 33, 30, 22), (answer.Units, answer.BaselineUnits, answer.BankedUnits, answer.SurgedUnits));
        account.Apply(reported);
        Assert.Equal((0L, 30L, 92L), (account.Bank.Held, account.Bank.Spent, account.UsageAt(100)));
        Assert.Equal(reported.Slices, ((UsageReported)MemberEntryCodec.Decode(MemberEntryCodec.Encode(reported))).Slices);
    }

    /// <summary>Their epoch is closed. Seen to fail with a bank that covers late units too.</summary>
    [Fact]
    public void Late_units_spend_nothing()
    {
        ClassPolicy policy = new()
        {
            Entry = UsageEntry.Metered,
            Window = new() { SliceMs = 1000, Slices = 10, GraceMs = 5000, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 10_000 } },
            Capacity = new() { UnitsPerSecond = 1000, BurstUnits = 1000, MaxRequestUnits = 1000 },
        };
        MemberAccount account = MemberAccount.Restore(new()
        {
            Status = MemberStatus.Active,
            Class = "homes",
            WindowSlices = 10,
            Newest = 95,
            Meters = [new("meter", 3, 77, 92)],
            Epochs = new() { EnrolledIn = 0 },
            Bank = new(30, 0, 0, 30, 0, 10, 94),
        });
        var report = new UsageReport { Meter = "meter", Sequence = 4, Slices = [new(93, 20), new(96, 7)] };
        Conditions now = new(Instant.FromUnixMs(100_000), 1, policy, new(100, 10), 1000, long.MinValue, 100) { Bank = History(94, offPeak: true) };
        EpochPlan plan = new(new() { Runs = [new(policy.Window.Epoch, 0, 0, 0)], Until = 120 }, policy.Window, "UTC");
        (ReportAnswer answer, MemberEntry? entry) = ReportRule.Decide(account, report, now, _ => 2000, plan);
        Assert.Equal([new(93, 0, 20, 2000), new(96, 0, 0, 2000, 7)], ((UsageReported)entry!).Slices);
        Assert.Equal((20, 7), (answer.LateUnits, answer.BankedUnits));
    }

    /// <summary>Both roll the window. Seen to fail without settling at the one and at the other.</summary>
    [Fact]
    public void A_ticket_settles_when_it_is_cut_and_when_it_is_redeemed()
    {
        long slice = Admission.Scene.Slice, second = (Admission.Scene.Now.UnixMs / 1000) + 60;
        Scene scene = Scene(5);
        MemberAccount account = scene.Build();
        Conditions now = scene.Conditions with { Bank = History(slice - 1, offPeak: true), Cut = new(7, "", "k", 5, second, 100) };
        Admitted issued = AdmissionRule.Decide(account, scene.Request, now, CapacityPlan.From(scene.Policy), scene.Room).Entry!;
        Assert.Equal(slice - 1, issued.Bank!.Value.SettledThrough);
        account.Apply(issued);

        (scene.Key, scene.Ticket) = ("r", issued.Issued!.Text);
        now = scene.Conditions with { Now = Instant.FromUnixMs(second * 1000), Bank = History(slice, offPeak: true), Backed = new(second, second) };
        Admitted redeemed = AdmissionRule.Decide(account, scene.Request, now, CapacityPlan.From(scene.Policy), scene.Room).Entry!;
        Assert.Equal((issued.Issued.Text, slice), (redeemed.Ticket, redeemed.Bank!.Value.SettledThrough));
    }

    /// <summary>
    /// Three epochs of seven slices are over; of those that are billed only the last is recorded, before the first that is not: without it what decayed with them would
    /// count for the next one, whose books are not theirs. Seen to fail with none of them recorded.
    /// </summary>
    [Fact]
    public void What_decayed_with_billed_epochs_is_not_counted_again()
    {
        var decaying = new BankPolicy { DecayPermille = 100 };
        var history = new BankHistory(new(0, false, 0, 1, decaying));
        foreach (long start in new long[] { 7, 14, 21 }) history.Add(new(start, true, 0, 1, decaying));
        history.Close(20, false);
        WindowPolicy window = new() { SliceMs = 1000, Slices = 4, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 7000 } };
        EpochPlan plan = new(new() { Runs = [new(window.Epoch, 0, 0, 0)], Until = 100 }, window, "UTC");
        MemberAccount account = Idle();
        BankAccount after = Settling.Now(account, history);
        Assert.Equal([(0, 100), (1, 190), (2, 271)], Decays(0).Select(over => (over.Epoch.Number, over.Bank.Decayed)));
        Assert.Equal([(0, 100), (1, 190), (2, 271)], Decays(1).Select(over => (over.Epoch.Number, over.Bank.Decayed)));
        Assert.Equal([(1, 190), (2, 271)], Decays(2).Select(over => (over.Epoch.Number, over.Bank.Decayed)));
        Assert.Empty(Decays(3));
        for (long firstUnbilled = 0; firstUnbilled < 3; firstUnbilled++)
        {
            account = Idle();
            foreach (EpochDecay over in Decays(firstUnbilled).ToArray())
                account.Apply(new BankDecayed(account.Sequence + 1, Instant.FromUnixMs(21_000), 21, 1, over.Epoch, over.Bank));
            for (long epoch = firstUnbilled; epoch < 3; epoch++)
            {
                EpochSlices slices = plan.Numbered(epoch)!;
                Assert.Equal(Settling.DecayAfter(Idle(), slices, history), account.FiguresOf(slices, slices.End - 1)!.DecayedUnits);
            }
        }

        IEnumerable<EpochDecay> Decays(long firstUnbilled) => Settling.Decays(account, after, history, plan, firstUnbilled);
        static MemberAccount Idle() => MemberAccount.Restore(new() { WindowSlices = 4, Newest = 0, Bank = new(1000, 0, 0, 1000, 0, 1, -1) });
    }

    /// <summary>
    /// A meter's last slices are not final when its member leaves. What decays with the epoch goes by what was used in them: they are not taken for idle ones. With the
    /// epoch that it leaves in nothing decays any more, and no later one has a bill for it.
    /// </summary>
    [Fact]
    public void Who_leaves_before_its_last_slices_are_final_decays_as_if_it_had_stayed()
    {
        BankPolicy bank = new() { SharePermille = 1000, CapUnits = 1000, DecayPermille = 500 };
        var history = new BankHistory(new(0, false, 60, 4, bank));
        history.Add(new(100, true, 60, 4, bank));
        history.Close(101, offPeak: true);
        MemberAccount account = MemberAccount.Restore(new()
        {
            Status = MemberStatus.Active,
            Class = "homes",
            Sequence = 9,
            WindowSlices = 4,
            Newest = 101,
            Usage = [new(98, 60), new(99, 60)],
            Bank = new(100, 0, 0, 100, 0, 4, 97),
        });
        account.Apply(new MemberLeft(10, Instant.FromUnixMs(101_000), 101, 1, "moved", new(new(8, 100, 110), 0, 1, 1, new(), null)));
        Assert.Equal(0, account.UsageAt(101));
        Assert.Equal(50, Settling.DecayAfter(account, new EpochSlices(7, 90, 100), history));
        Assert.Equal(50, Settling.DecayAfter(MemberAccount.Restore(account.Snapshot()), new EpochSlices(7, 90, 100), history));
        history.Add(new(110, true, 60, 4, bank));
        history.Close(111, offPeak: true);
        Assert.Equal(0, Settling.DecayAfter(account, new EpochSlices(8, 100, 110), history));
    }

    private static Scene Scene(long units)
    {
        var scene = new Scene { Units = units };
        scene.Policy = scene.Policy with { Tariff = new() { BaselineUnits = 65 } };
        scene.Account = scene.Account with { Bank = new(40, 0, 0, 40, 0, 168, Admission.Scene.Slice - 2) };
        return scene;
    }

    private static Decision Decide(Scene scene, MemberAccount account, BankHistory history) => AdmissionRule.Decide(
        account, scene.Request, scene.Conditions with { Bank = history }, CapacityPlan.From(scene.Policy), scene.Room);

    private static BankHistory History(long through, bool offPeak)
    {
        var history = new BankHistory(new(through - 100, false, 60, 4, Half));
        history.Close(through, offPeak);
        return history;
    }
}
