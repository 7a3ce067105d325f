using CoopGrid.Domain.Bank;
using CoopGrid.Grains.Bank;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Market;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Bank;

/// <summary>Tickets are cut from the target less what slots have sold (SPEC.md §8).</summary>
public sealed class TicketSlotsTests
{
    // Slots are cleared half a minute ahead. Of a second, tickets have 370 units at most: what half of the burst covers.
    private static readonly ClassPolicy Policy = MarketSilo.Policy with
    {
        Market = MarketSilo.Policy.Market with { GateClosureMs = 30_000 },
        Deferral = new() { DeferMinMs = 1000, HorizonMs = 60_000, MemberCapUnits = 1000 },
    };

    /// <summary>Seen to fail with a calendar that nobody tells what slots have sold.</summary>
    [Fact]
    public async Task A_slots_seconds_have_tickets_for_what_it_has_not_sold()
    {
        await using GridSilo silo = await GridSilo.StartAsync(time: new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)));
        await silo.Found("homes", Policy, 3);
        long starts = ((NowMs() / 10_000) + 5) * 10_000;
        ISlotGrain slot = silo.Grains.GetGrain<ISlotGrain>(new SlotId(GridSilo.ClassOf("homes"), starts).ToString());
        foreach ((string member, long units) in new[] { ("m0", 200L), ("m1", 150) })
            Assert.Equal(MarketOutcome.Accepted, (await slot.Ask(MarketSilo.Bid(member, "a", units, 50)).Soon()).Outcome);
        await silo.AdvanceUntil(() => Sold(silo.Disk).Length > 0, "what the slot has sold, in the calendar", 100);
        Assert.Equal([(starts / 1000, (starts / 1000) + 10, 350)], Sold(silo.Disk));

        await silo.Step((int)(starts - 13_000 - NowMs()));
        Assert.Equal(2, await Ticket("small", 20));
        Assert.Equal(10, await Ticket("large", 21));

        long NowMs() => silo.Time.GetUtcNow().ToUnixTimeMilliseconds();
        async Task<long> Ticket(string key, long units)
        {
            var desk = silo.Grains.GetGrain<ITicketDesk>(GridSilo.ClassOf("homes").ToString());
            TicketReply reply = await desk.Defer(new("m2", key, units, 100, starts + 60_000, Spend: true)).Soon();
            Assert.True(reply.Outcome == Outcome.Deferred, $"{reply}");
            return reply.Second - (starts / 1000);
        }
    }

    private static (long From, long Until, long UnitsPerSecond)[] Sold(Disk disk)
    {
        lock (disk.Lock)
        {
            return disk.Books.TryGetValue(TicketBooks.Of(GridSilo.ClassOf("homes")), out List<byte[]>? stored)
                ? [.. stored.Select(entry => TicketEntryCodec.Decode(entry)).OfType<SecondsReserved>().Select(span => (span.From, span.Until, span.UnitsPerSecond))]
                : [];
        }
    }
}
