using CoopGrid.Domain.Bank;
using CoopGrid.Grains.Bank;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Usage;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Capacity;

/// <summary>What a gate keeps of what its class has told it: it goes on with that while the class is away, and what comes late changes nothing.</summary>
public sealed class GateMemoryTests
{
    /// <summary>Two slots of ten seconds, one after the other. Seen to fail with a slot that has no end: the next one's holders were not found.</summary>
    [Fact]
    public void Each_moment_has_the_holders_of_the_slot_that_runs_then()
    {
        var gate = new GateReservations();
        gate.Hear([Slot(0, 1, ("ann", 10))], At(0));
        gate.Hear([Slot(10_000, 1, ("ann", 30), ("ben", 20))], At(7000));
        Assert.Equal((10, 0), (Rate(gate, "ann", 9999), Rate(gate, "ben", 9999)));
        Assert.Equal((30, 20), (Rate(gate, "ann", 10_000), Rate(gate, "ben", 10_000)));
        Assert.Null(gate.Running(At(-1)));
        Assert.Null(gate.Running(At(20_000)));
    }

    /// <summary>An older activation of the class may still speak. Seen to fail with the last word taken.</summary>
    [Fact]
    public void Of_a_slot_the_higher_version_holds_whenever_it_comes()
    {
        var gate = new GateReservations();
        gate.Hear([Slot(0, 5, ("ann", 10), ("ben", 20))], At(0));
        gate.Hear([Slot(0, 4, ("ann", 10))], At(1));
        Assert.Equal(20, Rate(gate, "ben", 1));
        gate.Hear([Slot(0, 6, ("ann", 10))], At(2));
        Assert.Equal(0, Rate(gate, "ben", 2));
        Assert.Equal([new SlotVersion(At(0).UnixMs, 6)], gate.Versions.AsEnumerable());
    }

    /// <summary>Its class may still tell of it: what went at its end would be told again.</summary>
    [Fact]
    public void A_slot_is_forgotten_a_while_after_its_end()
    {
        var gate = new GateReservations();
        gate.Hear([Slot(0, 1, ("ann", 10))], At(0));
        gate.Hear([], At(14_999));
        Assert.Single(gate.Versions);
        gate.Hear([], At(15_000));
        Assert.Empty(gate.Versions);
    }

    /// <summary>Its room is set aside whoever speaks for the class next. Seen to fail with the last word taken.</summary>
    [Fact]
    public void A_second_that_was_backed_stays_so()
    {
        var time = new FakeTimeProvider();
        var gate = new ClassGate(new("isle", "relays"), new GridClock(time), new(0, long.MinValue));
        foreach ((long from, long through) in new[] { (5L, 20L), (0L, 0L), (4L, 12L) })
        {
            gate.Hear(new ClassSignal
            {
                Policies = new ClassPolicies(new() { Capacity = new() { UnitsPerSecond = 100, BurstUnits = 1000, MaxRequestUnits = 10 } }, null, 0, "UTC"),
                OpenSlice = long.MinValue,
                TicketsFrom = from,
                TicketsThrough = through,
            });
            Assert.Equal(new BackedSeconds(5, 20), gate.View.Backed);
        }
    }

    /// <summary>Else it would take slices that it has not heard of for what the news begin with. Seen to fail without the comparison.</summary>
    [Fact]
    public void News_of_the_bank_that_do_not_follow_tell_nothing()
    {
        var history = new BankHistory(new(0, true, 60, 4, new() { SharePermille = 500, CapUnits = 50 }));
        history.Close(5, offPeak: true);
        BankHistory known = BankMapping.After(null, BankMapping.ToNews(history, long.MinValue))!;
        history.Close(8, offPeak: false);
        BankNews missed = BankMapping.ToNews(history, 5);
        history.Close(11, offPeak: true);
        BankNews later = BankMapping.ToNews(history, 8);
        Assert.Same(known, BankMapping.After(known, later));
        Assert.Null(BankMapping.After(null, later));
        BankHistory all = BankMapping.After(BankMapping.After(known, missed), later)!;
        Assert.Equal((11, 9), (all.FinalThrough, all.OffPeakThrough(11)));
        Assert.Same(all, BankMapping.After(all, missed));
    }

    private static Instant At(long ms) => Instant.FromUnixMs(1_800_000_000_000 + ms);

    private static long Rate(GateReservations gate, string member, long ms) => gate.Running(At(ms)) is { } slot ? slot.RateOf(member).UnitsPerSecond : 0;

    private static SlotHolders Slot(long ms, long version, params (string Member, long UnitsPerSecond)[] holders) => new()
    {
        StartsUnixMs = At(ms).UnixMs,
        Seconds = 10,
        Version = version,
        Holders = [.. holders.Select(holder => new SlotHolder(holder.Member, holder.UnitsPerSecond, 1))],
    };
}
