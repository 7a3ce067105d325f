using System.Collections.Immutable;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Market;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Grains.Tests.Simulation;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Market;

/// <summary>Handing in what slots cost, with slots that say what a test has them say; each costs "m0" 500 once it has started.</summary>
public sealed class SlotChargesTests
{
    private static readonly ClassId Class = GridSilo.ClassOf("homes");
    private static readonly ClassPolicy Policy = MarketSilo.Policy;

    private readonly Disk _disk = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly DiskBooks _books;
    private readonly GridClock _clock;
    private readonly long _first;
    private ImmutableArray<SlotCharge> _charges = [new("m0", 20, 25, 1, 500, 1)];
    private Task _listed = Task.CompletedTask;
    private int _lists;

    public SlotChargesTests()
    {
        (_books, _clock) = (new(_disk, new()), new(_time));
        _first = _time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    /// <summary>Seen to fail with a key that does not name the slot, with the first page of slots alone, and with the end included.</summary>
    [Fact]
    public async Task Each_slot_within_the_time_is_handed_in_once_however_many_there_are()
    {
        for (int slot = 0; slot <= 300; slot++) Open(slot);
        for (int time = 0; time < 2; time++) Assert.Equal(300, await HandIn(0, 300));
        Assert.Equal(300, _disk.Billing.Lines.Count);
        Assert.Equal(301, await HandIn(0, 301));
        Assert.Equal(301, _disk.Billing.Lines.Select(line => line.Line.Key).Distinct().Count());
    }

    /// <summary>A key of another's could be used before, and the slot would stand on no bill. Seen to fail with blanks in place of the control characters.</summary>
    [Fact]
    public async Task Its_key_is_none_that_whoever_posts_credits_can_give()
    {
        Open(0);
        await HandIn(0, 1);
        Assert.False(Ids.IsName(_disk.Billing.Lines.Single().Line.Key));
    }

    /// <summary>Seen to fail with a line of nothing on the bill.</summary>
    [Fact]
    public async Task What_costs_nothing_is_no_line()
    {
        Open(0);
        _charges = [new("m0", 0, 25, 1, 0, 1), new("m1", 20, 25, 1, 500, 1)];
        await HandIn(0, 1);
        Assert.Equal("m1", _disk.Billing.Lines.Single().Line.Member.Member);
    }

    /// <summary>Seen to fail without a look at what became of the line.</summary>
    [Fact]
    public async Task What_the_store_did_not_take_is_not_handed_in()
    {
        Open(0);
        await HandIn(0, 1);
        _charges = [new("m0", 20, 26, 1, 520, 1)];
        await Assert.ThrowsAsync<InvalidOperationException>(() => HandIn(0, 1));
    }

    /// <summary>
    /// The slot that runs is handed in, the next one is not: it may yet be sold. Seen to fail with one slot more, and with one less.
    /// </summary>
    [Fact]
    public void A_class_hands_in_what_has_started_and_no_more()
    {
        for (int slot = 0; slot < 3; slot++) Open(slot);
        SlotBills bills = Bills();
        _time.Advance(TimeSpan.FromMilliseconds(19_999));
        Look(bills);
        Assert.Equal((2, _first + 20_000), (_disk.Billing.Lines.Count, bills.HandedInBefore.UnixMs));
        Look(bills);
        Assert.Equal((2, 1), (bills.Charges, _lists));
    }

    /// <summary>The class looks twenty times a second. Seen to fail with a second round beside the first, and without a pause after a failure.</summary>
    [Fact]
    public Task One_round_at_a_time_and_after_a_failure_a_pause() => Task.Run(LookTwice, TestContext.Current.CancellationToken);

    /// <summary>A class that counted no epochs before: what started before its first one is in the first. Seen to fail with no epoch found.</summary>
    [Fact]
    public void What_started_before_the_first_epoch_stands_in_the_first()
    {
        Open(0);
        EpochPlan plan = Plan(fromSlice: Policy.Window.SliceAt(Instant.FromUnixMs(_first)) + 3);
        Look(Bills(), plan);
        HandIn line = _disk.Billing.Lines.Single().Line;
        Assert.Equal(plan.At(plan.First)!.Number, BillCodec.DecodeLine(line.Member.Coop, line.Line).Epoch.Number);
    }

    private void LookTwice()
    {
        TaskCompletionSource listing = new();
        _listed = listing.Task;
        SlotBills bills = Bills();
        for (int look = 0; look < 3; look++) Look(bills);
        Assert.Equal(1, _lists);

        // The round goes on, and ends, on this thread.
        listing.SetException(new IOException("The store could not be reached."));
        Look(bills);
        Assert.Equal((1, _first), (_lists, bills.HandedInBefore.UnixMs));
        _listed = Task.CompletedTask;
        _time.Advance(TimeSpan.FromSeconds(1));
        Look(bills);
        Assert.Equal((2, _first + 10_000), (_lists, bills.HandedInBefore.UnixMs));
    }

    private void Open(int slot) => _disk.Books[SlotBooks.Of(new(Class, StartOf(slot)))] = [[0]];

    private long StartOf(int slot) => _first + (slot * 10_000L);

    private Task<int> HandIn(int from, int until) =>
        Charges().HandInAsync(Class, Instant.FromUnixMs(StartOf(from)), Instant.FromUnixMs(StartOf(until)), _ => 7, SlotOf, CancellationToken.None);

    private SlotCharges Charges() => new(new Lists(this), new DiskBills(_disk, new()), _clock);

    private SlotBills Bills() =>
        new(Class, Charges(), Fake.Of<IGrainFactory>((_, args) => SlotOf(SlotId.Parse((string)args[0]!))), _clock, NullLogger.Instance, Instant.FromUnixMs(_first));

    private void Look(SlotBills bills, EpochPlan? plan = null) => bills.Look(Policy.Market, plan ?? Plan(0), Policy.Window, _clock.Read());

    private static EpochPlan Plan(long fromSlice) => new(
        new() { Runs = [new(Policy.Window.Epoch, fromSlice, 0, 0)], Until = long.MaxValue / 2 }, Policy.Window, "UTC");

    private ISlotGrain SlotOf(SlotId slot) => Fake.Of<ISlotGrain>(called => called.Name switch
    {
        nameof(ISlotGrain.GetCharges) => Task.FromResult(_charges),
        _ => throw new NotSupportedException(called.Name),
    });

    private sealed class Lists(SlotChargesTests test) : IEntryBooks
    {
        public Task<bool> AppendAsync(BookId book, long after, IReadOnlyList<byte[]> entries, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<IReadOnlyList<byte[]>> ReadAsync(BookId book, long after, int limit, CancellationToken cancellation) => throw new NotSupportedException();

        public async Task<IReadOnlyList<string>> ListAsync(string coop, string kind, string after, int limit, CancellationToken cancellation)
        {
            test._lists++;
            await test._listed;
            return await test._books.ListAsync(coop, kind, after, limit, cancellation);
        }
    }
}
