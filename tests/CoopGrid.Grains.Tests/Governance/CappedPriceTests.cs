using CoopGrid.Domain.Governance;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Governance;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Governance;

/// <summary>From when on an operator's lower cap prices anything. The multiplier is 2000 all week.</summary>
public sealed class CappedPriceTests
{
    private static readonly BookId Book = new(GridSilo.Coop, EmergencyReader.Kind, "actions");

    private readonly Disk _disk = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));

    private Instant Now => Instant.Now(_clock);

    /// <summary>
    /// Each cap is declared in the last moment of a period, whose end value prices the next one. Periods are as long as no multiple of the time between two looks at the
    /// book, so some end just after one. Seen to fail with a book that is not read before a period is closed.
    /// </summary>
    [Fact]
    public async Task A_cap_that_was_declared_before_a_periods_end_prices_the_next_period()
    {
        const int periodMs = 650;
        await using GridSilo silo = await Founded(UsageEntry.Admitted, periodMs);
        Dictionary<long, int> declared = [];
        for (int cap = 1900; cap > 1000; cap -= 100)
        {
            await silo.AdvanceUntil(() => Now.UnixMs % periodMs == periodMs - 10, "a period's last moment", stepMs: 10);
            Declare(cap);
            declared.Add(Now.UnixMs / periodMs, cap);
            await silo.Step(10);
        }

        await silo.AdvanceUntil(() => Rows().Count > 0 && Rows()[^1].Period >= declared.Keys.Max(), "the last period's end", stepMs: 10);
        foreach ((long period, int cap) in declared)
            Assert.Equal((period, cap), (period, Rows().Single(row => period >= row.Period && period < row.Period + row.Count).MultiplierPermille));
    }

    /// <summary>A slice has one price, for who reports early in it and who reports late. Seen to fail with a cap that holds at once.</summary>
    [Fact]
    public async Task In_a_metered_class_a_cap_holds_from_the_next_slice_on()
    {
        await using GridSilo silo = await Founded(UsageEntry.Metered, 10_000);
        ClassGate gate = (await silo.Service<ClassGates>().GetAsync(GridSilo.ClassOf("homes")))!;
        await silo.AdvanceUntil(() => gate.View.Signal.MultiplierPermille == 2000 && Now.UnixMs % 10_000 is > 1000 and < 2000, "a price", stepMs: 50);
        long slice = Now.UnixMs / 10_000;
        Declare(1500);
        await silo.AdvanceUntil(
            () =>
            {
                long running = Now.UnixMs / 10_000;
                if (running == slice) Assert.Equal(2000, gate.View.Signal.MultiplierPermille);
                return running > slice && gate.View.Signal.MultiplierPermille == 1500;
            },
            "the lower price",
            stepMs: 50);
        Assert.Equal((2000, 1500), (gate.View.SliceMultiplier(slice), gate.View.SliceMultiplier(slice + 1)));
    }

    private async Task<GridSilo> Founded(UsageEntry entry, int periodMs)
    {
        GridSilo silo = await GridSilo.StartAsync(_disk, _clock);
        await silo.Found("homes", Ask.Ample with
        {
            Entry = entry,
            Window = new() { SliceMs = periodMs, Slices = 6, Epoch = new() { Kind = EpochKind.Fixed, FixedMs = 6 * periodMs } },
            Price = new() { ControlPeriodMs = periodMs, CapPermille = 3000, TimeOfUse = [new() { Days = 127, FromMinute = 0, ToMinute = 1440, Permille = 2000 }] },
        }, 1);
        return silo;
    }

    private void Declare(int cap)
    {
        lock (_disk.Lock)
        {
            List<byte[]> book = _disk.Books.TryGetValue(Book, out List<byte[]>? known) ? known : _disk.Books[Book] = [];
            book.Add(EmergencyEntryJson.Write(
                new EmergencyDeclared(book.Count + 1, Now, "olga", "a storm", new LowerCap("homes", cap), Now.PlusMs(600_000))));
        }
    }

    private IReadOnlyList<PricePeriod> Rows() => _disk.PricesOf(GridSilo.ClassOf("homes"));
}
