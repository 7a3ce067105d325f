using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing.Leaving;

/// <summary>Classes with epochs of five slices of a second, and silos that close them by themselves.</summary>
internal static class ShortEpochs
{
    /// <summary>For two seconds after an epoch's end units may be given back. Everything costs half as much again.</summary>
    public static ClassPolicy Admitted { get; } = Ask.Ample with
    {
        Window = new() { SliceMs = 1000, Slices = 4, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 5000 } },
        DedupeWindowMs = 2000,
        Tariff = new() { FixedFee = 1000, Rate = 3, BaselineUnits = 4, CommonsPermille = 100 },
        Price = new() { CapPermille = 2000, TimeOfUse = [new() { Days = 127, FromMinute = 0, ToMinute = 1440, Permille = 1500 }] },
    };

    public static ClassPolicy Metered { get; } = Admitted with { Entry = UsageEntry.Metered };

    public static FakeTimeProvider NewClock() => new(DateTimeOffset.UnixEpoch.AddYears(56).AddSeconds(1));

    /// <summary>Starts a silo that closes epochs by itself.</summary>
    public static Task<GridSilo> StartAsync(Disk disk, FakeTimeProvider clock) =>
        GridSilo.StartAsync(disk, clock, silo => silo.Services.AddHostedService<ClosingWatch>());

    /// <summary>Moves to the beginning of an epoch, so that there is time in it.</summary>
    public static Task BeginEpoch(this GridSilo silo) => silo.AdvanceUntil(
        () => silo.Time.GetUtcNow().ToUnixTimeMilliseconds() % 5000 is > 100 and < 1000, "the beginning of an epoch", stepMs: 100);

    /// <summary>The epoch of the class that holds a slice.</summary>
    public static async Task<ClassEpochFigures> EpochOf(this GridSilo silo, long slice) =>
        (await silo.Class("homes").GetEpochs()).Single(epoch => epoch.FirstSlice <= slice && slice < epoch.EndSlice);

    public static Task Closed(this GridSilo silo, long epoch) => silo.AdvanceUntil(
        () => BooksOf(silo.Disk, epoch)?.End is not null, $"the closing of epoch {epoch}", stepMs: 100);

    public static EpochBooks? BooksOf(Disk disk, long epoch)
    {
        lock (disk.Lock) return disk.Billing.Epochs.GetValueOrDefault((GridSilo.ClassOf("homes"), epoch))?.ToBooks();
    }

    public static Bill[] BillsOf(Disk disk, string member)
    {
        lock (disk.Lock) return [.. disk.Billing.Bills.Select(bill => bill.Row.ToBill()).Where(bill => bill.Member.Member == member)];
    }

    /// <summary>Numbers without gaps, one bill for each member and epoch, and accounts that sum to zero.</summary>
    public static void AssertSound(Disk disk)
    {
        lock (disk.Lock)
        {
            Assert.Equal(Enumerable.Range(1, disk.Billing.Bills.Count), disk.Billing.Bills.Select(bill => (int)bill.Row.Number));
            Assert.Equal(disk.Billing.Bills.Count, disk.Billing.Bills.Select(bill => (bill.Row.Member, bill.Row.Epoch)).Distinct().Count());
            Balances balances = disk.Billing.Accounts[GridSilo.Coop].Balances;
            Assert.Equal(Int128.Zero, balances.Members + balances.Revenue + balances.Payments + balances.Commons + balances.Rounding);
        }
    }
}
