using System.Data.Common;
using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>What <see cref="IBillStore"/> promises, for every adapter.</summary>
public abstract class BillConformance<TStores> : IDisposable
    where TStores : StoresUnderTest, new()
{
    private const long Large = 4_000_000_000_000_000_000;
    private static readonly ClassId Homes = new("isle", "homes");
    private static readonly ClassId Shops = new("isle", "shops");
    private readonly TStores _stores = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IBillStore Bills => _stores.Bills;

    /// <summary>Seen to fail, for both stores, without the comparison of steps.</summary>
    [Fact]
    public async Task A_step_is_written_only_after_the_one_it_follows()
    {
        Assert.Null(await Bills.FindEpochAsync(Homes, 7, Cancellation));
        Assert.False(await Bills.WriteAsync(Step(Homes, 7, after: 1, Bill("ann", 5)), Cancellation));
        Assert.Null(await Bills.FindEpochAsync(Homes, 7, Cancellation));
        Assert.True(await Bills.WriteAsync(Step(Homes, 7, after: 0, Bill("ann", 5)), Cancellation));
        Assert.False(await Bills.WriteAsync(Step(Homes, 7, after: 0, Bill("bob", 5)), Cancellation));
        Assert.False(await Bills.WriteAsync(Step(Homes, 7, after: 2, Bill("bob", 5)), Cancellation));
        Assert.Equal(new(Homes, 7, 1, "after 0"), await Bills.FindEpochAsync(Homes, 7, Cancellation));
        Assert.Equal(new(1, 0, new(-5, 5, 0, 0, 0)), await Bills.ReadBooksAsync("isle", Cancellation));
        Assert.True(await Bills.WriteAsync(Step(Homes, 7, after: 1), Cancellation));
        Assert.Equal(2, (await Bills.FindEpochAsync(Homes, 7, Cancellation))!.Step);
    }

    [Fact]
    public async Task Epochs_are_listed_newest_first()
    {
        foreach (long epoch in new long[] { 9, 7, 8 }) await Bills.WriteAsync(Step(Homes, epoch, after: 0), Cancellation);
        await Bills.WriteAsync(Step(Shops, 11, after: 0), Cancellation);
        await Bills.WriteAsync(Step(Homes, 10, after: 3), Cancellation);
        Assert.Equal([9, 8], (await Bills.ListEpochsAsync(Homes, 2, Cancellation)).Select(row => row.Epoch));
        Assert.Equal(3, (await Bills.ListEpochsAsync(Homes, 9, Cancellation)).Count);
    }

    /// <summary>Two classes, each closed by two that race each other. Seen to fail, for both stores, without the comparison of steps.</summary>
    [Fact]
    public async Task Whoever_closes_at_once_numbers_have_no_gaps()
    {
        const int steps = 12;
        await Task.WhenAll(new[] { Homes, Homes, Shops, Shops }.Select(@class => Task.Run(async () =>
        {
            while (true)
            {
                long after = (await Bills.FindEpochAsync(@class, 7, Cancellation))?.Step ?? 0;
                if (after >= steps) return;
                await Bills.WriteAsync(Step(@class, 7, after, Bill($"a{after:D2}", 3), Bill($"b{after:D2}", 4)), Cancellation);
            }
        })));
        IReadOnlyList<BillRow> rows = await Bills.ListBillsAsync("isle", null, 0, 1000, Cancellation);
        Assert.Equal(Enumerable.Range(1, 4 * steps).Select(number => (long)number), rows.Select(row => row.Number));
        Assert.Equal(new(4 * steps, 0, new(-14 * steps, 14 * steps, 0, 0, 0)), await Bills.ReadBooksAsync("isle", Cancellation));
        Assert.Equal(2 * steps, rows.Where(row => row.Class == Shops).Select(row => row.Member).Distinct().Count());
    }

    /// <summary>Seen to fail, for SQLite, with the index not unique.</summary>
    [Fact]
    public async Task A_member_has_one_bill_for_each_class_and_epoch()
    {
        await Bills.WriteAsync(Step(Homes, 7, after: 0, Bill("ann", 5)), Cancellation);
        await Assert.ThrowsAnyAsync<DbException>(() => Bills.WriteAsync(Step(Homes, 7, after: 1, Bill("bob", 5), Bill("ann", 5)), Cancellation));
        Assert.Equal(new(1, 0, new(-5, 5, 0, 0, 0)), await Bills.ReadBooksAsync("isle", Cancellation));
        Assert.Equal(1, (await Bills.FindEpochAsync(Homes, 7, Cancellation))!.Step);
        Assert.True(await Bills.WriteAsync(Step(Homes, 8, after: 0, Bill("ann", 5)), Cancellation));
        Assert.True(await Bills.WriteAsync(Step(Shops, 7, after: 0, Bill("ann", 5)), Cancellation));
        Assert.True(await Bills.WriteAsync(Step(new("cove", "homes"), 7, after: 0, Bill("ann", 6)), Cancellation));
        Assert.Equal(1, (await Bills.ReadBooksAsync("cove", Cancellation)).LastBill);
    }

    /// <summary>Seen to fail, for both stores, without the check of the sum.</summary>
    [Fact]
    public async Task An_entry_that_does_not_sum_to_zero_is_not_written()
    {
        BillingStep wrong = Step(Homes, 7, after: 0, Bill("ann", 5)) with { Entries = [new("", new(0, 5, 0, 0, -4), "wrong")] };
        await Assert.ThrowsAnyAsync<DbException>(() => Bills.WriteAsync(wrong, Cancellation));
        Assert.Null(await Bills.FindEpochAsync(Homes, 7, Cancellation));
        Assert.Equal(default, await Bills.ReadBooksAsync("isle", Cancellation));
    }

    [Fact]
    public async Task Accounts_hold_more_than_64_bits()
    {
        await Bills.WriteAsync(Step(Homes, 7, after: 0, Bill("ann", Large), Bill("bob", Large), Bill("cat", Large)), Cancellation);
        Assert.Equal(new(-3 * (Int128)Large, 3 * (Int128)Large, 0, 0, 0), (await Bills.ReadBooksAsync("isle", Cancellation)).Balances);
        BillingStep end = Step(Homes, 7, after: 1) with { Entries = [new("", new(0, 1, 0, 0, -1), "rounding"), new("", new(0, -50, 0, 50, 0), "share")] };
        Assert.True(await Bills.WriteAsync(end, Cancellation));
        Assert.Equal(
            new(3, 2, new(-3 * (Int128)Large, (3 * (Int128)Large) - 49, 0, 50, -1)), await Bills.ReadBooksAsync("isle", Cancellation));
    }

    /// <summary>Seen to fail, for SQLite, with the key not looked up.</summary>
    [Fact]
    public async Task A_line_is_taken_in_once_for_its_key()
    {
        Assert.Equal(new(HandInOutcome.Taken, 1), await Bills.HandInAsync(Payment("ann", "k1", 100), Cancellation));
        Assert.Equal(new(HandInOutcome.TakenBefore, 1), await Bills.HandInAsync(Payment("ann", "k1", 100), Cancellation));
        Assert.Equal(HandInOutcome.KeyConflict, (await Bills.HandInAsync(Payment("ann", "k1", 101), Cancellation)).Outcome);
        Assert.Equal(HandInOutcome.KeyConflict, (await Bills.HandInAsync(Payment("bob", "k1", 100), Cancellation)).Outcome);
        Assert.Equal(new(HandInOutcome.Taken, 0), await Bills.HandInAsync(Line("ann", "k2"), Cancellation));
        Assert.Equal(new(HandInOutcome.TakenBefore, 0), await Bills.HandInAsync(Line("ann", "k2"), Cancellation));
        Assert.True(await Bills.IsHandedInAsync("isle", "k2", Cancellation));
        Assert.False(await Bills.IsHandedInAsync("cove", "k2", Cancellation));
        Assert.Equal(new(0, 1, new(100, 0, -100, 0, 0)), await Bills.ReadBooksAsync("isle", Cancellation));
        HandInAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Bills.HandInAsync(Payment("ann", "k3", 7), Cancellation)));
        Assert.Single(answers, new HandInAnswer(HandInOutcome.Taken, 2));
        Assert.Equal(107, await Bills.ReadBalanceAsync(new("isle", "ann"), Cancellation));
    }

    /// <summary>Seen to fail, for both stores, with lines not compared.</summary>
    [Fact]
    public async Task A_line_stands_on_one_bill()
    {
        await Bills.HandInAsync(Line("ann", "k1"), Cancellation);
        await Bills.HandInAsync(Line("bob", "k2"), Cancellation);
        await Bills.HandInAsync(Line("dan", "k3"), Cancellation);
        IReadOnlyList<HandedInRow> waiting = await Bills.ListHandedInAsync("isle", new("ann", "cat"), Cancellation);
        Assert.Equal([("ann", "k1"), ("bob", "k2")], waiting.Select(row => (row.Member, System.Text.Encoding.UTF8.GetString(row.Line))));
        NewBill ann = Bill("ann", 5, waiting[0].Id);
        Assert.True(await Bills.WriteAsync(Step(Homes, 7, after: 0, ann), Cancellation));
        Assert.False(await Bills.WriteAsync(Step(Homes, 8, after: 0, Bill("bob", 5, waiting[1].Id), ann), Cancellation));
        Assert.Equal((1, 2), ((await Bills.ReadBooksAsync("isle", Cancellation)).LastBill, (await Bills.ListHandedInAsync("isle", new("", "z"), Cancellation)).Count));
        Assert.True(await Bills.WriteAsync(Step(Homes, 8, after: 0, Bill("ann", 5), Bill("bob", 5, waiting[1].Id)), Cancellation));
        Assert.Equal("dan", Assert.Single(await Bills.ListHandedInAsync("isle", new("", "z"), Cancellation)).Member);
    }

    /// <summary>Seen to fail, for both stores, without the comparison.</summary>
    [Fact]
    public async Task The_commons_are_never_below_zero()
    {
        HandIn spent = Line("ann", "k1") with { Entry = new("ann", new(60, 0, 0, -60, 0), "lamps") };
        Assert.Equal(HandInOutcome.CommonsShort, (await Bills.HandInAsync(spent, Cancellation)).Outcome);
        await Bills.WriteAsync(Step(Homes, 7, after: 0) with { Entries = [new("", new(0, -100, 0, 100, 0), "share")] }, Cancellation);
        HandInAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Bills.HandInAsync(spent with { Key = $"s{i}" }, Cancellation)));
        Assert.Single(answers, answer => answer.Outcome == HandInOutcome.Taken);
        Assert.Equal(40, (await Bills.ReadBooksAsync("isle", Cancellation)).Balances.Commons);
    }

    /// <summary>What the commons pay outside the grid is nobody's line: it waits for no bill, and its key posts it once.</summary>
    [Fact]
    public async Task An_entry_that_is_nobodys_line_is_posted_once()
    {
        await Bills.WriteAsync(Step(Homes, 7, after: 0) with { Entries = [new("", new(0, -100, 0, 100, 0), "share")] }, Cancellation);
        HandIn spent = Line("", "\u0001proposal/p-1") with { Entry = new("", new(0, 0, 60, -60, 0), "the park") };
        HandInAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Bills.HandInAsync(spent, Cancellation)));
        Assert.Single(answers, new HandInAnswer(HandInOutcome.Taken, 2));
        Assert.Equal(3, answers.Count(answer => answer == new HandInAnswer(HandInOutcome.TakenBefore, 2)));
        Assert.Equal(new(0, 2, new(0, -100, 60, 40, 0)), await Bills.ReadBooksAsync("isle", Cancellation));
        Assert.Equal(HandInOutcome.CommonsShort, (await Bills.HandInAsync(spent with { Key = "\u0001proposal/p-2" }, Cancellation)).Outcome);
        Assert.Empty(await Bills.ListHandedInAsync("isle", new("a", "z"), Cancellation));
    }

    [Fact]
    public async Task Bills_are_read_by_number_by_member_and_by_epoch()
    {
        await Bills.WriteAsync(Step(Homes, 7, after: 0, Bill("Zoe", 1), Bill("ann", 2), Bill("é", 3), Bill("\U0001F600", 4)), Cancellation);
        await Bills.WriteAsync(Step(Homes, 8, after: 0, Bill("ann", 5)), Cancellation);
        await Bills.WriteAsync(Step(Shops, 7, after: 0, Bill("ann", 6)), Cancellation);
        Assert.Equal([3, 4], (await Bills.ListBillsAsync("isle", null, 2, 2, Cancellation)).Select(row => row.Number));
        Assert.Equal([2, 5, 6], (await Bills.ListBillsAsync("isle", "ann", 0, 9, Cancellation)).Select(row => row.Number));
        Assert.Equal([5], (await Bills.ListBillsAsync("isle", "ann", 2, 1, Cancellation)).Select(row => row.Number));
        Assert.Empty(await Bills.ListBillsAsync("cove", null, 0, 9, Cancellation));
        Assert.Equal(["Zoe", "ann", "é", "\U0001F600"], (await Bills.ListEpochBillsAsync(Homes, 7, "", 9, Cancellation)).Select(row => row.Member));
        Assert.Equal(["é"], (await Bills.ListEpochBillsAsync(Homes, 7, "ann", 1, Cancellation)).Select(row => row.Member));
        Assert.Equal(["ann", "é"], await Bills.ListBilledAsync(Homes, 7, new("a", "é"), Cancellation));

        BillRow found = (await Bills.FindBillAsync("isle", 6, Cancellation))!;
        Assert.Equal((Shops, 6, "ann", 7, 123), (found.Class, found.Number, found.Member, found.Epoch, found.IssuedUnixMs));
        Assert.Equal("lines of ann"u8.ToArray(), found.Lines);
        Assert.Equal(5, (await Bills.FindBillAsync(Homes, 8, "ann", Cancellation))!.Number);
        Assert.Null(await Bills.FindBillAsync("isle", 7, Cancellation));
        Assert.Null(await Bills.FindBillAsync(Shops, 7, "Zoe", Cancellation));
        Assert.Equal(-13, await Bills.ReadBalanceAsync(new("isle", "ann"), Cancellation));
    }

    [Fact]
    public async Task What_was_written_is_there_after_the_store_is_opened_anew()
    {
        await Bills.HandInAsync(Payment("ann", "k1", 100), Cancellation);
        await Bills.WriteAsync(Step(Homes, 7, after: 0, Bill("ann", 30, 1)), Cancellation);
        _stores.Reopen();
        Assert.Equal(new(1, 1, new(70, 30, -100, 0, 0)), await Bills.ReadBooksAsync("isle", Cancellation));
        Assert.Equal(1, (await Bills.FindEpochAsync(Homes, 7, Cancellation))!.Step);
        Assert.Equal(70, await Bills.ReadBalanceAsync(new("isle", "ann"), Cancellation));
        Assert.Empty(await Bills.ListHandedInAsync("isle", new("", "z"), Cancellation));
        Assert.Equal(new(HandInOutcome.TakenBefore, 1), await Bills.HandInAsync(Payment("ann", "k1", 100), Cancellation));
    }

    public void Dispose()
    {
        _stores.Dispose();
        GC.SuppressFinalize(this);
    }

    private static BillingStep Step(ClassId @class, long epoch, long after, params NewBill[] bills) =>
        new() { Class = @class, Epoch = epoch, AfterStep = after, State = $"after {after}", Bills = bills, UnixMs = 123 };

    private static NewBill Bill(string member, long charges, params long[] handedIn) =>
        new(member, charges, System.Text.Encoding.UTF8.GetBytes($"lines of {member}"), handedIn);

    private static HandIn Line(string member, string key) => new(new("isle", member), key, System.Text.Encoding.UTF8.GetBytes(key), null, 5);

    private static HandIn Payment(string member, string key, long amount) => new(
        new("isle", member), key, System.Text.Encoding.UTF8.GetBytes($"{amount}"), new(member, new(amount, 0, -amount, 0, 0), "paid"), 5);
}
