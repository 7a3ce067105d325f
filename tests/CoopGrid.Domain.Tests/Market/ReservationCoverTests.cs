using CoopGrid.Domain.Market;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Market;

/// <summary>What a reservation makes of a request, and how much of the class's burst it may use at once.</summary>
public sealed class ReservationCoverTests
{
    private static readonly ReservedRate Rate = new(100, 40, Markets.At(0), 10);

    [Theory]
    [InlineData(30, false, 2000, 0, 30, 0, 2000)] // all under the reservation
    [InlineData(50, false, 2000, 0, 40, 10, 2000)] // the rest at the current multiplier, which is the greater
    [InlineData(50, false, 1000, 0, 40, 10, 1500)] // the rest at the overage multiplier
    [InlineData(50, true, 2000, 50, 0, 0, 2000)] // a surge-exempt lane leaves the reservation alone
    public void Units_are_exempt_reserved_or_surged(long units, bool isExempt, int current, long exempt, long reserved, long surged, int multiplier)
    {
        ReservedCover cover = ReservationCover.Of(units, isExempt, (Rate, default), (1500, current), Markets.At(2000))!.Value;
        Assert.Equal(new Covered(exempt, reserved, 0, 0, surged), cover.Covered);
        Assert.Equal((multiplier, units - reserved), (cover.MultiplierPermille, cover.CountedUnits));
        Assert.Equal(40 - reserved, cover.Use.UsableUnits(Rate));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10_000)]
    public void Outside_the_slot_it_does_not_apply(long ms) => Assert.Null(ReservationCover.Of(1, false, (Rate, default), (1500, 1000), Markets.At(ms)));

    /// <summary>Of two slots that follow each other one runs. Seen to fail with the end taken into the slot.</summary>
    [Fact]
    public void A_slot_runs_from_its_start_to_before_its_end()
    {
        var slot = new SlotReservations(1, Markets.At(0), 10, [("a", 100, 40)]);
        Assert.Equal([false, true, true, false], new long[] { -1, 0, 9999, 10_000 }.Select(ms => slot.IsRunning(Markets.At(ms))));
    }

    [Fact]
    public void Without_a_reservation_it_does_not_apply() => Assert.Null(ReservationCover.Of(1, false, default, (1500, 1000), Markets.At(0)));

    /// <summary>Seen to fail with the caller's clock in place of the reservation's: a request after the end was covered.</summary>
    [Fact]
    public void A_clock_that_goes_back_does_not_bring_the_slot_back()
    {
        ReservationUse over = default(ReservationUse).FlowTo(Markets.At(10_000), Rate);
        Assert.Null(ReservationCover.Of(1, false, (Rate, over), (1500, 1000), Markets.At(9000)));
    }

    [Fact]
    public void A_burst_is_half_of_the_holders_part_of_the_classs_at_least_a_unit_and_at_most_a_second()
    {
        Assert.Equal(new ReservedRate(200, 50, Markets.At(0), 10), ReservedRate.Of(Markets.Offered, 200, Markets.Capacity));
        Assert.Equal(1, ReservedRate.Of(Markets.Offered, 1, Markets.Capacity).BurstUnits);
        Assert.Equal(200, ReservedRate.Of(Markets.Offered, 200, Markets.Capacity with { BurstUnits = 1_000_000_000_000 }).BurstUnits);
        Assert.Equal(default, ReservedRate.Of(Markets.Offered, 0, Markets.Capacity));
    }
}
