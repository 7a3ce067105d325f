using CoopGrid.Domain.Capacity;
using CoopGrid.Domain.Market;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Domain.Tests.Capacity.Reservations;

/// <summary>
/// Four gates of a class of 1,000 units/s, whose two holders have 300 and 100 units/s and each its home, under ten times the capacity by others, protected ones
/// among them, at all gates or at those where no holder is. <see cref="GateField"/> checks that it is never over.
/// </summary>
public sealed class FloodTests
{
    private const long C = 1000;
    private static readonly CapacityPlan Plan = Plans.Plan(new(C, 2000), 50, 0, 100, 0);

    private static readonly SlotReservations Slot = new(
        1,
        new Instant(0),
        3600,
        new[] { ("ann", 300L), ("ben", 100L) }.Select(holder => (holder.Item1, holder.Item2, ReservedRate.BurstOf(holder.Item2, Policy))));

    private static CapacityPolicy Policy => new() { UnitsPerSecond = C, BurstUnits = 2000, MaxRequestUnits = 50 };

    /// <summary>Seen to fail with demand that leaves out what is reserved, and without a basin for it.</summary>
    [Theory]
    [InlineData(0, 1, 2, 3)]
    [InlineData(1, 2)]
    [InlineData(3)]
    public void Holders_that_keep_to_their_rates_get_all_and_the_rest_is_used(params int[] flooded)
    {
        var field = new GateField(4, Plan);
        field.AddHolder(Slot, "ann", 1, 300, 20, gate: 0);
        field.AddHolder(Slot, "ben", 500, 100, 20, gate: 1);
        field.Add(0, Bands.Protected, 2000, 20, flooded);
        field.Add(0, 30, 8000, 20, flooded);
        field.Play(0, 3);
        long before = field.ReservedRefused;
        field.Play(3, 10);
        Assert.Equal(0, field.ReservedRefused - before);
        Assert.InRange(field.Admitted, C * 7 * 95 / 100, long.MaxValue);
    }

    /// <summary>What holders leave is lent wherever it is asked for.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2, 3)]
    public void What_they_leave_is_lent(params int[] flooded)
    {
        var field = new GateField(4, Plan);
        field.AddHolder(Slot, "ann", 1, 30, 5, gate: 0);
        GateField.Stream others = field.Add(0, 30, 10_000, 20, flooded);
        field.Play(0, 3);
        long before = field.ReservedRefused;
        field.Play(3, 10);
        Assert.Equal(0, field.ReservedRefused - before);
        Assert.InRange(others.Got, (C - 30) * 7 * 95 / 100, long.MaxValue);
    }

    /// <summary>A holder that was silent and asks with its whole burst at once, then at its rate, in the middle of a flood elsewhere by members above the mean.</summary>
    [Fact]
    public void A_holder_that_begins_in_a_flood_is_served_from_the_first()
    {
        var field = new GateField(4, Plan);
        field.Add(0, 30, 10_000, 20, 1, 2, 3);
        field.Play(0, 3);
        field.AddHolder(Slot, "ann", 1, 300, 20, gate: 0);
        field.Play(3, 6);
        Assert.Equal(0, field.ReservedRefused);
    }
}
