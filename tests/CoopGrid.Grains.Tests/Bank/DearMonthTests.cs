using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Bank;

/// <summary>An epoch in which some drive the price to its cap, from their admissions to everybody's bills.</summary>
public sealed class DearMonthTests
{
    private const string Class = "homes";
    private const int Fee = 1000;
    private const int Cap = 3000;

    // An epoch of twenty slices of half a second is the month. The price reaches its cap within a second of demand above the target.
    private static readonly ClassPolicy Month = new()
    {
        Version = 1,
        Window = new() { SliceMs = 500, Slices = 10, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 10_000 } },
        DedupeWindowMs = 2000,
        Tariff = new() { FixedFee = Fee, Rate = 7, BaselineUnits = 30 },
        Capacity = new() { UnitsPerSecond = 400, BurstUnits = 800, MaxRequestUnits = 50 },
        Price = new() { ControlPeriodMs = 100, TargetPermille = 100, DoublingPeriods = 1, CapPermille = Cap },
        Bank = new() { SharePermille = 1000, CapUnits = 40, DecayPermille = 250 },
    };

    /// <summary>
    /// "calm" stays within its baseline and below the mean, and pays the fixed fee to the micro-credit. "saver" used nothing while it was quiet, and in the peak
    /// needs more than its baseline: its bank covers that at the cap, so it pays no surcharge, and what is over the mean at ×1. "flood" pays for both. What decays
    /// at the month's end is the commons', in its books, of the one who was touched and of the one who was not.
    /// </summary>
    [Fact]
    public async Task Who_stays_within_its_baseline_pays_the_fixed_fee_and_nothing_else()
    {
        var disk = new Disk();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using GridSilo silo = await GridSilo.StartAsync(disk, clock, builder => builder.Services.AddHostedService<ClosingWatch>());
        await silo.Class(Class).Found(Month, "UTC");
        foreach (string member in new[] { "calm", "saver", "flood", "away" }) await silo.Enroll(member, Class);
        await silo.Leased(Class);
        await silo.AdvanceUntil(
            async () => (await silo.StateOf("saver")).Bank is { Held: >= 20 } && clock.GetUtcNow().ToUnixTimeMilliseconds() % 10_000 is > 3000 and < 4000,
            () => "savings, in a month of which four seconds were quiet",
            100);

        Covered saved = default;
        int dearest = 0;
        for (int tenth = 0; tenth < 50; tenth++)
        {
            for (int send = 0; send < 4; send++) await silo.Member("flood").Admit(Ask.For($"f{tenth}-{send}", 25));
            if (tenth % 5 == 4)
            {
                AdmissionAnswer own = await silo.Member("calm").Admit(Ask.For($"c{tenth}", 2));
                Assert.Equal((Outcome.Admitted, new Covered(0, 0, 2, 0, 0)), (own.Outcome, own.Covered));
                dearest = Math.Max(dearest, own.MultiplierPermille);
            }

            if (tenth is 20 or 30)
            {
                AdmissionAnswer quote = await silo.Member("saver").Quote(Ask.For($"s{tenth}", 25));
                AdmissionAnswer own = await silo.Member("saver").Admit(Ask.For($"s{tenth}", 25));
                Assert.Equal((Outcome.Admitted, Cap, 0), (own.Outcome, own.MultiplierPermille, own.Covered.Surged));
                Assert.Equal(own.Covered, quote.Covered);
                saved = new(0, 0, saved.Baseline + own.Covered.Baseline, saved.Banked + own.Covered.Banked, 0);
            }

            await silo.Step(100);
        }

        Assert.Equal((Cap, new Covered(0, 0, 30, 20, 0)), (dearest, saved));
        long epoch = disk.Admissions()[^1].Slice / 20;
        EpochBooks? books = null;
        await silo.AdvanceUntil(() => (books = BooksOf(disk, epoch))?.End is not null, "the month's bills", 100);
        Dictionary<string, Bill> bills = disk.Billing.Bills.Select(bill => bill.Row.ToBill())
            .Where(bill => bill.Epoch.Number == epoch)
            .ToDictionary(bill => bill.Member.Member);
        Assert.Equal(Fee, bills["calm"].Total);
        Assert.Equal(20, bills["calm"].Lines.OfType<OverageLine>().Sum(line => line.Units));
        Assert.Empty(bills["saver"].Lines.OfType<SurchargeLine>());
        Assert.True(bills["flood"].Lines.OfType<SurchargeLine>().Single().Amount > Fee);
        Assert.Equal(Fee, bills["away"].Total);

        // All held 40 at most and lost a quarter of it; the saver had spent 20.
        Assert.Equal(await Decayed(silo, epoch), books!.Closing!.DecayedUnits);
        Assert.InRange(books.Closing.DecayedUnits, 20, 40);

        EpochBooks? next = null;
        await silo.AdvanceUntil(() => (next = BooksOf(disk, epoch + 1))?.End is not null, "the next month's bills", 100);
        Assert.Equal((books.CommonsUnits, await Decayed(silo, epoch + 1)), (next!.CommonsUnitsBefore, next.Closing!.DecayedUnits));
    }

    private static EpochBooks? BooksOf(Disk disk, long epoch)
    {
        lock (disk.Lock) return disk.Billing.Epochs.GetValueOrDefault((GridSilo.ClassOf(Class), epoch))?.ToBooks();
    }

    // From the entries, and of those whose entries end before, from the rule done every slice.
    private static async Task<long> Decayed(GridSilo silo, long epoch)
    {
        var eager = new EagerBank(silo.Disk, [.. await silo.Class(Class).GetHistory()], 20);
        foreach (MemberId member in silo.Disk.Accounts().Keys) eager.Of(member, (epoch * 20) + 19);
        return eager.Decays[epoch];
    }
}
