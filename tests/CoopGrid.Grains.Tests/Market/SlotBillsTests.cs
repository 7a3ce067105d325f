using CoopGrid.Domain.Billing;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Market;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Market;

/// <summary>What slots cost, and what is used beyond a reservation, on the bills of the epoch (SPEC.md §10).</summary>
public sealed class SlotBillsTests
{
    private const string Class = "homes";

    // Epochs of twenty seconds, slots of ten; a unit costs 3, beyond a reservation at least as much again.
    private static readonly ClassPolicy Policy = MarketSilo.Policy with
    {
        Window = new() { SliceMs = 1000, Slices = 4, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 20_000 } },
        DedupeWindowMs = 2000,
        Tariff = new() { FixedFee = 1000, Rate = 3 },
        Market = MarketSilo.Policy.Market with { OveragePermille = 2000 },
    };

    /// <summary>The silo dies when the charge is handed in and no checkpoint says so: the next one hands it in again.</summary>
    [Fact]
    public async Task A_slot_stands_once_on_the_bill_of_its_epoch_and_what_is_beyond_on_a_line_of_its_own()
    {
        var disk = new Disk();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(1));
        GridSilo silo = await GridSilo.StartAsync(
            disk, clock, more => more.Services.Configure<CheckpointOptions>(options => options.ClassEveryMs = 3_600_000));
        await silo.Found(Class, Policy, 2);
        long starts = ((clock.GetUtcNow().ToUnixTimeMilliseconds() / 20_000) + 2) * 20_000;
        ISlotGrain slot = silo.Grains.GetGrain<ISlotGrain>(new SlotId(GridSilo.ClassOf(Class), starts).ToString());
        Assert.Equal(MarketOutcome.Accepted, (await slot.Ask(MarketSilo.Bid("m0", "a", 200, 50)).Soon()).Outcome);
        await silo.Step((int)(starts - clock.GetUtcNow().ToUnixTimeMilliseconds()));
        await silo.AdvanceUntil(async () => (await silo.Member("m0").GetState()).Reservation is not null, () => "a running reservation", 20);
        await Use(silo);
        long epoch = await EpochAt(silo, starts);
        await silo.AdvanceUntil(() => HandedIn(disk) == 1, "a charge handed in", 20);
        await silo.Kill();

        await using GridSilo next = await GridSilo.StartAsync(disk, clock, more => more.Services.AddHostedService<ClosingWatch>());
        await next.Leased(Class);
        Bill? bill = null;
        await next.AdvanceUntil(() => (bill = BillOf(disk, epoch)) is not null, "the bill", 100);
        Assert.Equal(1, HandedIn(disk));
        ReservationLine reserved = bill!.Lines.OfType<ReservationLine>().Single();
        Assert.Equal((starts, 10, 200, 20, 20 * 200 * 10), (reserved.SlotStart.UnixMs, reserved.Seconds, reserved.UnitsPerSecond, reserved.UnitPrice, reserved.Amount));
        BeyondLine beyond = bill.Lines.OfType<BeyondLine>().Single();
        Assert.Equal((3, 50, 2000, 3 * 50), (beyond.Rate, beyond.Units, beyond.MultiplierPermille, beyond.Amount));
        Assert.DoesNotContain(bill.Lines, line => line.Kind == BillLineKind.Surcharge);

        // Of 250 units, 50 count; nobody else used anything, so half of them is above the mean.
        OverageLine overage = bill.Lines.OfType<OverageLine>().Single();
        Assert.Equal((50, 75), (overage.Units, overage.Amount));
        Assert.Equal(bill.Lines.Select(line => line.Kind).Order(), bill.Lines.Select(line => line.Kind));
    }

    /// <summary>Seen to fail with a bill that waits for no slot.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(10_000)]
    public async Task No_bill_is_made_before_the_slots_of_its_epoch_are_handed_in(int afterMs)
    {
        var disk = new Disk();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(1));
        TroubledList? list = null;
        await using GridSilo silo = await GridSilo.StartAsync(disk, clock, more =>
        {
            list = new((IEntryBooks)more.Services.Last(service => service.ServiceType == typeof(IEntryBooks)).ImplementationInstance!);
            more.Services.AddSingleton<IEntryBooks>(list);
            more.Services.AddHostedService<ClosingWatch>();
        });
        await silo.Found(Class, Policy, 1);
        long starts = (((clock.GetUtcNow().ToUnixTimeMilliseconds() / 20_000) + 2) * 20_000) + afterMs;
        ISlotGrain slot = silo.Grains.GetGrain<ISlotGrain>(new SlotId(GridSilo.ClassOf(Class), starts).ToString());
        Assert.Equal(MarketOutcome.Accepted, (await slot.Ask(MarketSilo.Bid("m0", "a", 200, 50)).Soon()).Outcome);
        list!.Fails = true;
        await silo.Step((int)(starts - clock.GetUtcNow().ToUnixTimeMilliseconds()));
        await silo.AdvanceUntil(async () => (await silo.Member("m0").GetState()).Reservation is not null, () => "a running reservation", 20);
        long epoch = await EpochAt(silo, starts);
        await silo.Step(45_000);
        Assert.Null(BillOf(disk, epoch));
        list.Fails = false;
        await silo.AdvanceUntil(() => BillOf(disk, epoch) is not null, "the bill", 100);
        Assert.Single(BillOf(disk, epoch)!.Lines, line => line.Kind == BillLineKind.Reservation);
    }

    /// <summary>
    /// The clock of the slot's silo may be behind its class's. It was once asked for its charges before its start and for its phase after it, and taken for one that
    /// costs nothing. Seen to fail with a slot that goes by its silo's clock alone.
    /// </summary>
    [Fact]
    public async Task A_slot_that_has_started_for_its_class_is_not_taken_for_one_that_costs_nothing()
    {
        await using MarketSilo market = await MarketSilo.StartAsync();
        long starts = market.StartOf(3);
        Assert.Equal(MarketOutcome.Accepted, (await market.Slot(starts).Ask(MarketSilo.Bid("m0", "a", 200, 50)).Soon()).Outcome);
        await market.MoveTo(starts - 1);
        (Instant from, Instant until) = (Instant.FromUnixMs(starts), Instant.FromUnixMs(starts + 1));
        int charges = await market.Grid.Service<SlotCharges>()
            .HandInAsync(GridSilo.ClassOf(Class), from, until, _ => 1, slot => market.Slot(slot.StartsUnixMs), TestContext.Current.CancellationToken)
            .Soon();
        Assert.Equal((1, 1), (charges, HandedIn(market.Grid.Disk)));
    }

    /// <summary>
    /// The silo dies before it has handed in anything, and before the class has stored anything of its own accord; the next one comes when the slot is over. Seen to fail
    /// with a class that begins with the slot that runs, and with a start that does not store with which one it began. A third one begins where the second has left off.
    /// </summary>
    [Fact]
    public async Task The_next_silo_hands_in_what_has_started_while_there_was_none()
    {
        var disk = new Disk();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(1));
        GridSilo silo = await GridSilo.StartAsync(
            disk, clock, more => more.Services.Configure<CheckpointOptions>(options => options.ClassEveryMs = 3_600_000));
        await silo.Found(Class, Policy, 1);
        long starts = ((clock.GetUtcNow().ToUnixTimeMilliseconds() / 20_000) + 2) * 20_000;
        var id = new SlotId(GridSilo.ClassOf(Class), starts);
        ISlotGrain slot = silo.Grains.GetGrain<ISlotGrain>(id.ToString());
        Assert.Equal(MarketOutcome.Accepted, (await slot.Ask(MarketSilo.Bid("m0", "a", 200, 50)).Soon()).Outcome);
        await silo.Step((int)(starts - 4000 - clock.GetUtcNow().ToUnixTimeMilliseconds()));
        Assert.Equal(SlotPhase.OnSale, (await slot.GetState().Soon())!.Phase);
        await silo.Kill();
        Assert.Equal(0, HandedIn(disk));

        clock.Advance(TimeSpan.FromSeconds(30));
        await using (GridSilo next = await GridSilo.StartAsync(disk, clock))
        {
            await next.Leased(Class);
            await next.AdvanceUntil(() => HandedIn(disk) == 1, "the charge", 100);
            await GridSilo.Deactivate(next.Class(Class));
            await next.Step(2000);
        }

        List<string> asked = [];
        await using GridSilo last = await GridSilo.StartAsync(disk, clock, more =>
        {
            var books = (IEntryBooks)more.Services.Last(service => service.ServiceType == typeof(IEntryBooks)).ImplementationInstance!;
            more.Services.AddSingleton<IEntryBooks>(new TroubledList(books) { After = asked });
        });
        await last.Leased(Class);
        await last.AdvanceUntil(() => { lock (asked) return asked.Count > 0; }, "a look at the slots", 100);
        Assert.True(string.CompareOrdinal(asked[0], SlotBooks.SubjectOf(id)) > 0);
    }

    /// <summary>
    /// The class has not handed in what has started when a member leaves: the final bill has it all the same, once, and nobody else's. Seen to fail with a farewell that
    /// hands nothing in (the line waits for a bill that is never made).
    /// </summary>
    [Fact]
    public async Task Who_leaves_right_after_a_slot_has_started_has_it_on_its_final_bill()
    {
        var disk = new Disk();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(1));
        TroubledList? list = null;
        await using GridSilo silo = await GridSilo.StartAsync(disk, clock, more =>
        {
            list = new((IEntryBooks)more.Services.Last(service => service.ServiceType == typeof(IEntryBooks)).ImplementationInstance!);
            more.Services.AddSingleton<IEntryBooks>(list);
        });
        await silo.Found(Class, Policy, 2);
        long starts = ((clock.GetUtcNow().ToUnixTimeMilliseconds() / 20_000) + 2) * 20_000;
        ISlotGrain slot = silo.Grains.GetGrain<ISlotGrain>(new SlotId(GridSilo.ClassOf(Class), starts).ToString());
        foreach (string member in new[] { "m0", "m1" }) Assert.Equal(MarketOutcome.Accepted, (await slot.Ask(MarketSilo.Bid(member, "a", 200, 50)).Soon()).Outcome);
        list!.Fails = true;
        await silo.Step((int)(starts - clock.GetUtcNow().ToUnixTimeMilliseconds()));
        await silo.AdvanceUntil(async () => (await silo.Member("m0").GetState()).Reservation is not null, () => "a running reservation", 20);
        long epoch = await EpochAt(silo, starts);
        Assert.Equal(0, HandedIn(disk));
        list.SparesFarewells = true;
        ExitAnswer? left = null;
        await silo.AdvanceUntil(async () => (left = await silo.Member("m0").Exit("moved").Soon()).Outcome == MemberOutcome.Changed, () => $"an exit, not {left}", 1);
        Assert.Equal(1, HandedIn(disk));
        ReservationLine reserved = BillOf(disk, epoch)!.Lines.OfType<ReservationLine>().Single();
        Assert.Equal((2000, 20 * 200 * 10), (reserved.Units, reserved.Amount));
        list.Fails = false;
        await silo.AdvanceUntil(() => HandedIn(disk) == 2, "the other charge handed in", 100);
    }

    private static async Task Use(GridSilo silo)
    {
        foreach ((string key, long units) in new[] { ("a", 100L), ("b", 100), ("c", 50) })
        {
            AdmissionAnswer answer = await silo.Member("m0").Admit(Ask.For(key, units)).AsTask().Soon();
            Assert.Equal((Outcome.Admitted, key == "c" ? 0 : 100), (answer.Outcome, answer.Covered.Reserved));
        }
    }

    private static int HandedIn(Disk disk)
    {
        lock (disk.Lock) return disk.Billing.Lines.Count;
    }

    private static async Task<long> EpochAt(GridSilo silo, long unixMs) =>
        (await silo.Class(Class).GetEpochs()).Single(epoch => epoch.FirstSlice <= unixMs / 1000 && unixMs / 1000 < epoch.EndSlice).Number;

    private static Bill? BillOf(Disk disk, long epoch)
    {
        lock (disk.Lock)
        {
            return disk.Billing.Bills.Where(bill => bill.Row.Member == "m0").Select(bill => bill.Row.ToBill()).FirstOrDefault(bill => bill.Epoch.Number == epoch);
        }
    }

    /// <summary>Books that cannot be listed for a while.</summary>
    private sealed class TroubledList(IEntryBooks books) : IEntryBooks
    {
        public volatile bool Fails;

        /// <summary>Whether who looks a day back gets an answer all the same. That is no class: it looks back to its founding at most.</summary>
        public volatile bool SparesFarewells;

        /// <summary>From where it was listed.</summary>
        public List<string> After { get; init; } = [];

        public Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation) =>
            books.AppendAsync(book, after, entries, cancellation);

        public Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation) =>
            books.ReadAsync(book, after, limit, cancellation);

        public Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation)
        {
            lock (After) After.Add(after);
            bool spared = SparesFarewells && SlotBooks.StartOf(after) < DateTimeOffset.UnixEpoch.AddYears(56).AddHours(-1).ToUnixTimeMilliseconds();
            return Fails && !spared ? throw new IOException("The store could not be reached.") : books.ListAsync(coop, kind, after, limit, cancellation);
        }
    }
}
