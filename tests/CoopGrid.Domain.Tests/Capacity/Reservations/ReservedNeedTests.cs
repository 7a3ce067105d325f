using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Market;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity.Reservations;

/// <summary>The numbered properties of <see cref="ReservedNeed"/>.</summary>
public sealed class ReservedNeedTests
{
    private const long Interval = 50_000;
    private static readonly SlotReservations Slot = new(1, new Instant(0), 10, [("ann", 100, 40), ("ben", 50, 20)]);
    private static readonly SlotReservations Next = new(1, new Instant(10_000_000), 10, [("ann", 70, 30)]);

    /// <summary>1 and 3.</summary>
    [Fact]
    public void Who_asks_here_is_at_home_here_to_the_end_of_the_slot_and_in_the_next_if_it_holds_that()
    {
        var need = new ReservedNeed();
        Assert.Equal(default, need.Next(0, 0, Interval));
        need.Count(Slot, "ann", 1);
        Assert.Equal(new Lease(100, 40), need.Next(0, 0, Interval));
        need.Count(Slot, "ben", 0);
        need.Count(Slot, "ben", 0);
        Assert.Equal(new Lease(150, 60), need.Next(0, 0, Interval));
        need.Count(Slot, "cas", 5);
        Assert.Equal(new Lease(150, 60), need.Held);
        need.Follow(Next);
        Assert.Equal(new Lease(70, 30), need.Held);
        need.Follow(Slot);
        Assert.Equal(new Lease(70, 30), need.Held);
        need.Follow(null);
        Assert.Equal(default, need.Next(0, 0, Interval));
    }

    /// <summary>2.</summary>
    [Fact]
    public void It_asks_for_what_is_used_and_for_what_is_missing()
    {
        var need = new ReservedNeed();
        Lease asked = default;
        for (int i = 0; i < 200; i++)
        {
            need.Count(Slot, "ann", 2);
            asked = need.Next(40_000_000, 0, Interval);
        }

        Assert.Equal(new Lease(40, 40), asked);
        Assert.Equal(new Lease(38 + 50, 40), need.Next(30_000_000, 0, Interval) with { BurstUnits = 40 });
        Assert.Equal(100, need.Next(0, 0, Interval).UnitsPerSecond);
        for (int i = 0; i < 400; i++) asked = need.Next(40_000_000, 0, Interval);
        Assert.Equal(1, asked.UnitsPerSecond);
        Assert.Equal(100, need.Next(40_000_000, 40, Interval).UnitsPerSecond);
    }
}
