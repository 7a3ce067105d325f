using System.Globalization;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing;

/// <summary>From admissions to bills with nobody asking: what members used is billed when its epoch is over, by whichever silo lives.</summary>
public sealed class SelfClosingTests
{
    private const int Members = 5;
    private const string Class = "homes";

    // Epochs of five slices of a second; for two seconds after the end units may be given back. Everything costs half as much again.
    private static readonly ClassPolicy Short = Ask.Ample with
    {
        Window = new() { SliceMs = 1000, Slices = 4, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 5000 } },
        DedupeWindowMs = 2000,
        Tariff = new() { FixedFee = 1000, Rate = 3, BaselineUnits = 4 },
        Price = new() { CapPermille = 2000, TimeOfUse = [new() { Days = 127, FromMinute = 0, ToMinute = 1440, Permille = 1500 }] },
    };

    /// <summary>Seen to fail without the watch.</summary>
    [Fact]
    public async Task Epochs_are_billed_one_after_another_across_the_death_of_a_silo()
    {
        var disk = new Disk();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(1));
        GridSilo silo = await StartAsync(disk, clock);
        await silo.Found(Class, Short, Members);
        long first = await Use(silo, "a");
        await Closed(silo, first);
        long second = await Use(silo, "b");
        await silo.Kill();

        await using GridSilo next = await StartAsync(disk, clock);
        await next.Leased(Class);
        await Closed(next, second);
        AssertBills(disk, first);
        AssertBills(disk, second);

        // Numbers without gaps, books that sum to zero, and figures that are let go.
        Assert.Equal(Enumerable.Range(1, disk.Billing.Bills.Count), disk.Billing.Bills.Select(bill => (int)bill.Row.Number));
        Balances balances = disk.Billing.Accounts[GridSilo.Coop].Balances;
        Assert.Equal(Int128.Zero, balances.Members + balances.Revenue + balances.Payments + balances.Commons + balances.Rounding);
        await next.AdvanceUntil(
            async () => (await next.Class(Class).GetEpochs()).All(epoch => epoch.Number > second), () => "a class that has let billed epochs go", stepMs: 100);
    }

    /// <summary>
    /// March 2026 in Berlin has lost an hour to summer time: 743 hours are 44,580 slices, and members that enrol in the last one pay for one. Seen to fail with the
    /// co-op's zone taken for UTC.
    /// </summary>
    [Fact]
    public async Task A_calendar_month_ends_and_is_billed_by_the_coops_own_clock()
    {
        var disk = new Disk();
        await using GridSilo silo = await StartAsync(disk, new FakeTimeProvider(DateTimeOffset.Parse("2026-03-31T21:59:40Z", CultureInfo.InvariantCulture)));
        await silo.Found(Class, Short with
        {
            Window = new() { SliceMs = 60_000, Slices = 4, Epoch = new() { Kind = EpochKind.Month } },
            Tariff = Short.Tariff with { FixedFee = 44_580_000 },
        }, Members, "Europe/Berlin");
        long march = await Send(silo, "a");
        await Closed(silo, march);

        AssertBills(disk, march);
        Assert.Equal(Ms("2026-03-31T22:00:00Z"), BooksOf(disk, march)!.Span.End.UnixMs);
        Assert.InRange(silo.Time.GetUtcNow().ToUnixTimeMilliseconds(), Ms("2026-03-31T22:00:00Z"), Ms("2026-03-31T22:05:00Z"));
        static long Ms(string at) => DateTimeOffset.Parse(at, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
    }

    /// <summary>All but the last member send: m0 a unit, m1 two, and so on.</summary>
    /// <returns>The epoch that it counts in.</returns>
    private static async Task<long> Use(GridSilo silo, string key)
    {
        // Room for all of it before the epoch's end.
        await silo.AdvanceUntil(() => silo.Time.GetUtcNow().ToUnixTimeMilliseconds() % 5000 < 1000, "the beginning of an epoch", stepMs: 100);
        return await Send(silo, key);
    }

    /// <inheritdoc cref="Use"/>
    private static async Task<long> Send(GridSilo silo, string key)
    {
        for (int i = 0; i < Members - 1; i++)
        {
            AdmissionAnswer answer = new() { Outcome = Outcome.None };
            await silo.AdvanceUntil(
                async () => (answer = await silo.Member($"m{i}").Admit(Ask.For(key, i + 1))).Outcome == Outcome.Admitted, () => $"room for m{i}: {answer}", stepMs: 25);
        }

        long slice = silo.Disk.Admissions()[^1].Slice;
        return (await silo.Class(Class).GetEpochs()).Single(epoch => epoch.FirstSlice <= slice && slice < epoch.EndSlice).Number;
    }

    private static Task Closed(GridSilo silo, long epoch) => silo.AdvanceUntil(
        () => BooksOf(silo.Disk, epoch)?.End is not null, $"the closing of epoch {epoch}", stepMs: 100);

    private static EpochBooks? BooksOf(Disk disk, long epoch)
    {
        lock (disk.Lock) return disk.Billing.Epochs.GetValueOrDefault((GridSilo.ClassOf(Class), epoch))?.ToBooks();
    }

    private static void AssertBills(Disk disk, long epoch)
    {
        EpochEnd end = BooksOf(disk, epoch)!.End!.Value;
        Bill[] bills = [.. disk.Billing.Bills.Select(bill => bill.Row.ToBill()).Where(bill => bill.Epoch.Number == epoch)];
        Assert.Equal(Enumerable.Range(0, Members).Select(i => $"m{i}"), bills.Select(bill => bill.Member.Member).Order());
        Assert.Equal(end.Revenue, bills.Aggregate(Int128.Zero, (sum, bill) => sum + bill.Charges) + end.Rounding);
        foreach ((Bill bill, int member) in bills.Select(bill => (bill, bill.Member.Member[1] - '0')))
        {
            Assert.Equal(1000, bill.Lines.OfType<FixedLine>().Single().Amount);
            long used = member == Members - 1 ? 0 : member + 1;
            Assert.Equal(used, bill.Lines.OfType<OverageLine>().SingleOrDefault()?.Units ?? 0);
        }
    }

    private static Task<GridSilo> StartAsync(Disk disk, FakeTimeProvider clock) =>
        GridSilo.StartAsync(disk, clock, silo => silo.Services.AddHostedService<ClosingWatch>());
}
