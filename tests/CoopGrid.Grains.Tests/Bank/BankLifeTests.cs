using CoopGrid.Domain.Bank;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Bank;

/// <summary>Banks through real grains, against the rule done every slice (<see cref="EagerBank"/>).</summary>
public sealed class BankLifeTests
{
    private const int Members = 5;
    private const int EpochSlices = 6;
    private const string Class = "homes";

    // Slices of a second, epochs of six; whoever is idle is so for far longer than the window.
    private static readonly ClassPolicy Short = Ask.Ample with
    {
        Version = 1,
        Window = new() { SliceMs = 1000, Slices = 5, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = EpochSlices * 1000 } },
        DedupeWindowMs = 2000,
        Tariff = new() { FixedFee = 1000, Rate = 3, BaselineUnits = 60 },
        Price = new() { ControlPeriodMs = 500, CapPermille = 2000 },
        Bank = new() { SharePermille = 700, CapUnits = 90, DecayPermille = 150 },
    };

    /// <summary>
    /// Silos are killed twice, the class's activation goes now and then, members are checkpointed and come back; one is touched all the time, others hardly ever;
    /// the price goes up and down, and the bank's terms change by vote. Every recorded bank, and every bank that is shown at the end, is the eager one; the
    /// published history is that of the stored rows, and so is each gate's, though every gate but the first begins in the middle.
    /// </summary>
    [Fact]
    public async Task Members_hold_what_the_rule_done_every_slice_gives()
    {
        var disk = new Disk();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        var random = new Random(3);
        for (int life = 0; life < 3; life++)
        {
            GridSilo silo = await GridSilo.StartAsync(disk, clock, Checkpoints);
            if (life == 0) await silo.Found(Class, Short, Members);
            else await silo.Leased(Class);
            await Live(silo, life, random);
            await silo.Kill();
        }

        await using GridSilo last = await GridSilo.StartAsync(disk, clock, Checkpoints);
        await last.Leased(Class);
        ClassGate gate = (await last.Service<ClassGates>().GetAsync(GridSilo.ClassOf(Class)))!;
        long used = disk.Entries().Max(entry => entry.Entry.Slice);
        await last.AdvanceUntil(() => gate.View.Bank?.FinalThrough > used + 20, "final slices after a long rest", 100);

        var eager = new EagerBank(disk, [.. await last.Class(Class).GetHistory()], EpochSlices);
        BankHistory known = gate.View.Bank!;
        Assert.All(Slices(known.FirstSlice, known.FinalThrough), slice => Assert.Equal(eager.IsOffPeak(slice), known.IsOffPeak(slice)));
        Assert.InRange(known.OffPeakThrough(known.FinalThrough), 10, known.FinalThrough - known.FirstSlice - 10);
        BankStanding sum = default;
        for (int member = 0; member < Members; member++)
        {
            (MemberState state, long through) = await Shown(last, gate, $"m{member}");
            BankStanding own = eager.Of(new(GridSilo.Coop, $"m{member}"), through);
            Assert.Equal(own, state.Bank);
            sum = new(sum.Saved + own.Saved, sum.Spent + own.Spent, sum.Decayed + own.Decayed, sum.Held + own.Held);
        }

        Assert.True(sum.Spent > 50 && sum.Decayed > 100, $"{sum}: there is too little to compare.");
    }

    /// <summary>What decayed when an epoch was over is in the figures that its bills are made of, of members that are touched since and of those that are not.</summary>
    [Fact]
    public async Task What_decayed_is_in_the_figures_of_its_epoch()
    {
        var disk = new Disk();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using GridSilo silo = await GridSilo.StartAsync(disk, clock, Checkpoints);
        await silo.Found(Class, Short, Members);
        await Live(silo, 0, new Random(9));
        long used = disk.Entries().Max(entry => entry.Entry.Slice);
        await silo.AdvanceUntil(
            async () => (await silo.Class(Class).GetEpochs()).Any(epoch => epoch.IsFrozen && epoch.FirstSlice > used + 10), () => "frozen epochs", 100);

        ClassEpochFigures[] frozen = [.. (await silo.Class(Class).GetEpochs()).Where(epoch => epoch.IsFrozen)];
        var eager = new EagerBank(disk, [.. await silo.Class(Class).GetHistory()], EpochSlices);
        for (int member = 0; member < Members; member++) eager.Of(new(GridSilo.Coop, $"m{member}"), frozen[^1].EndSlice - 1);
        foreach (ClassEpochFigures epoch in frozen)
        {
            long decayed = 0;
            for (int member = 0; member < Members; member++) decayed += (await silo.Member($"m{member}").GetEpoch(epoch.Number)).Figures!.DecayedUnits;
            Assert.Equal(eager.Decays[epoch.FirstSlice / EpochSlices], decayed);
        }

        Assert.Contains(frozen, epoch => eager.Decays[epoch.FirstSlice / EpochSlices] > 0);
        Assert.Contains(disk.Entries(), entry => entry.Entry is BankDecayed);
    }

    /// <summary>The clock jumps now and then: a report is then asked for whose price no gate has heard. It was once accepted at 1000.</summary>
    [Fact]
    public async Task A_metered_class_charges_and_saves_by_its_slices_prices()
    {
        var disk = new Disk();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using GridSilo silo = await GridSilo.StartAsync(disk, time);
        ClassPolicy policy = Short with { Entry = UsageEntry.Metered, Window = Short.Window with { Slices = 8, GraceMs = 2000 }, Price = new() { CapPermille = 2000 } };
        await silo.Found(Class, policy, 2);
        await silo.Member("m0").RegisterMeter("meter");
        long banked = 0;
        int unpriced = 0;
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf(Class)))!;
        long ended = policy.Window.SliceAt(Instant.Now(silo.Time)) - 1;
        for (int slice = 0; slice < 30; slice++)
        {
            if (slice % 8 == 5) await silo.Change(Class, Flipped(await Newest(silo)));

            ended++;
            if (slice % 8 == 7)
            {
                ended++;
                await Eventually.True(() => silo.Store.UnderWay == 0, "the end of a commit");
                time.Advance(TimeSpan.FromSeconds(2));
            }

            await silo.AdvanceUntil(() => policy.Window.SliceAt(Instant.Now(time)) > ended, "the slice's end", 50);
            var report = new UsageReport { Meter = "meter", Sequence = slice + 1, Slices = [new(ended, slice % 8 > 4 ? 40 : 2)] };
            ReportAnswer? answer = null;
            await silo.AdvanceUntil(
                async () =>
                {
                    answer = await silo.Member("m0").Report(report);
                    if (answer.Outcome == ReportOutcome.Unavailable) unpriced++;
                    return answer.Outcome != ReportOutcome.Unavailable;
                },
                () => $"an answer other than {answer}",
                50);
            Assert.Equal((ReportOutcome.Accepted, ""), (answer!.Outcome, answer.Reason));
            banked += answer.BankedUnits;
        }

        PricePeriod[] rows = [.. await silo.Service<IPriceHistory>().ReadAsync(GridSilo.ClassOf(Class), 0, 1000, CancellationToken.None)];
        foreach (ReportedSlice used in disk.Entries().Select(entry => entry.Entry).OfType<UsageReported>().SelectMany(reported => reported.Slices))
        {
            PricePeriod priced = rows.Single(row => used.Slice > row.Period && used.Slice <= row.Period + row.Count);
            Assert.Equal((used.Slice, priced.MultiplierPermille), (used.Slice, used.MultiplierPermille));
        }

        var eager = new EagerBank(disk, [.. await silo.Class(Class).GetHistory()], EpochSlices);
        foreach (string member in new[] { "m0", "m1" })
        {
            (MemberState state, long through) = await Shown(silo, gate, member);
            Assert.Equal(eager.Of(new(GridSilo.Coop, member), through), state.Bank);
        }

        Assert.InRange(unpriced, 1, 1000);
        Assert.InRange(banked, 1, 1000);
    }

    /// <summary>What it holds is gone with it. It was once shown, and seemed to grow.</summary>
    [Fact]
    public async Task Who_has_left_saves_nothing()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using GridSilo silo = await GridSilo.StartAsync(time: clock);
        await silo.Found(Class, Short, 2);
        await silo.AdvanceUntil(async () => (await silo.StateOf("m0")).Bank is { Held: > 0 }, () => "a saving", 100);
        ExitAnswer? left = null;
        await silo.AdvanceUntil(
            async () => (left = await silo.Member("m0").Exit("moved").Soon()).Outcome == MemberOutcome.Changed, () => $"an exit, not {left}", 25);
        long saved = (await silo.StateOf("m1")).Bank!.Value.Saved;
        await silo.AdvanceUntil(async () => (await silo.StateOf("m1")).Bank!.Value.Saved > saved, () => "a saving of who stays", 100);
        Assert.Null((await silo.StateOf("m0")).Bank);
    }

    /// <summary>A bank that is voted begins with its first slice: nothing is saved before, and everybody begins with nothing.</summary>
    [Fact]
    public async Task A_bank_that_is_voted_begins_with_its_slice()
    {
        await using GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        await silo.Found(Class, Short with { Bank = new() }, 1);
        await silo.Step(5000);
        Assert.Null((await silo.StateOf("m0")).Bank);
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf(Class)))!;
        Assert.Null(gate.View.Bank);

        PolicyVersion voted = await silo.Change(Class, Short);
        await silo.AdvanceUntil(() => gate.View.Bank?.FinalThrough >= voted.FromSlice + 2, "a bank", 50);
        (MemberState state, long through) = await Shown(silo, gate, "m0");
        Assert.Equal(voted.FromSlice, gate.View.Bank!.FirstSlice);

        // 700 ‰ of a fifth of 60 for each slice, as nothing is used.
        BankStanding bank = state.Bank!.Value;
        Assert.Equal(((through - voted.FromSlice + 1) * 84 / 10, bank.Held + bank.Decayed), (bank.Saved, bank.Saved));
    }

    /// <summary>Admissions and cancels of a life: m0 nearly always, the others ever more rarely.</summary>
    private static async Task Live(GridSilo silo, int life, Random random)
    {
        List<(string Member, string Key)> sent = [];
        for (int call = 0; call < 70; call++)
        {
            string member = $"m{(random.Next(3) > 0 ? 0 : random.Next(random.Next(Members)))}";
            if (sent.Count > 0 && random.Next(5) == 0)
            {
                (member, string key) = sent[random.Next(sent.Count)];
                await silo.Member(member).Cancel(key, 0, "relay");
            }
            else if ((await silo.Member(member).Admit(Ask.For($"{life}-{call}", random.Next(10, 45)))).Outcome == Outcome.Admitted)
            {
                sent.Add((member, $"{life}-{call}"));
            }

            if (call % 9 == 4) await silo.Change(Class, Flipped(await Newest(silo)) with { Bank = Short.Bank with { SharePermille = random.Next(1, 1001) } });
            if (call % 23 == 12) await GridSilo.Deactivate(silo.Class(Class));
            await Rest(silo, random.Next(900));
        }
    }

    // In small steps, so that the gate hears the price.
    private static Task Rest(GridSilo silo, int ms)
    {
        DateTimeOffset until = silo.Time.GetUtcNow().AddMilliseconds(ms);
        return silo.AdvanceUntil(() => silo.Time.GetUtcNow() >= until, "time", 50);
    }

    private static async Task<ClassPolicy> Newest(GridSilo silo) => (await silo.Class(Class).GetHistory())[^1].Policy;

    // Dear all day, or never.
    private static ClassPolicy Flipped(ClassPolicy policy) => policy with
    {
        Price = policy.Price with { TimeOfUse = policy.Price.TimeOfUse.IsEmpty ? [new() { Days = 127, FromMinute = 0, ToMinute = 1440, Permille = 1500 }] : [] },
    };

    /// <summary>The member's state, and the slice that the bank in it was settled through.</summary>
    private static async Task<(MemberState State, long Through)> Shown(GridSilo silo, ClassGate gate, string member)
    {
        while (true)
        {
            long before = gate.View.Bank!.FinalThrough;
            MemberState state = await silo.StateOf(member);
            if (gate.View.Bank!.FinalThrough == before) return (state, before);
        }
    }

    private static IEnumerable<long> Slices(long first, long last)
    {
        for (long slice = first; slice <= last; slice++) yield return slice;
    }

    private static void Checkpoints(ISiloBuilder silo) => silo.Services.Configure<CheckpointOptions>(options =>
    {
        options.LookEveryMs = 50;
        options.DeleteEveryMs = 50;
        options.MaxTailSegments = 4;
        options.MaxAgeMs = 500;
        options.ClassEveryMs = 500;
    });
}
