using CoopGrid.Domain.Market;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Market;

/// <summary>The numbered properties of <see cref="ReservationUse"/> on seeded traffic, in steps of 10 ms.</summary>
public sealed class ReservationUseTests
{
    private const int StepMs = 10;

    /// <summary>What happens in a step: steps to pass, what the holder asks for, what others ask for.</summary>
    private readonly record struct Traffic(int Steps, long Asked, long Borrowed);

    // Of these rates a burst is a whole number of the oracle's cells.
    private static readonly Gen<ReservedRate> Rates = Gen.Select(Gen.OneOf(1L, 2L, 4L, 5L, 10L, 20L), Gen.Long[1, 20], Gen.Long[1, 4])
        .Select((rate, burst, seconds) => new ReservedRate(rate, Math.Min(rate, burst), Markets.At(0), seconds));

    private static readonly Gen<Traffic[]> Traffics =
        Gen.Select(Gen.Int[0, 60], Gen.Long[0, 8], Gen.Long[0, 8]).Select((steps, asked, borrowed) => new Traffic(steps, asked, borrowed)).Array[1, 60];

    /// <summary>Seen to fail with the burst kept to the end of the slot, and with what the holder uses taken from what is lendable too.</summary>
    [Fact]
    public void It_is_the_row_of_cells() => Gen.Select(Rates, Traffics).Sample(
        (rate, traffic) =>
        {
            var oracle = new ReservationOracle(rate.UnitsPerSecond, rate.BurstUnits, rate.Seconds);
            ReservationUse use = default;
            long ms = 0;
            foreach (Traffic step in traffic)
            {
                oracle.Advance(step.Steps);
                use = use.FlowTo(Markets.At(ms += step.Steps * StepMs), rate);
                Assert.Equal((oracle.Usable, oracle.Lendable), (use.UsableUnits(rate), use.LendableUnits(rate)));
                long used = Math.Min(step.Asked, oracle.Usable), lent = Math.Min(step.Borrowed, oracle.Lendable);
                oracle.Use(used);
                oracle.Lend(lent);
                use = use.Use(used, rate).Lend(lent, rate);
            }
        },
        iter: 2000);

    /// <summary>Seen to fail with lending from what the holder could still use.</summary>
    [Fact]
    public void Property_1_whatever_is_lent_the_holder_finds_the_same() => Gen.Select(Rates, Traffics).Sample(
        (rate, traffic) =>
        {
            ReservationUse alone = default, flooded = default;
            long ms = 0;
            foreach (Traffic step in traffic)
            {
                Instant now = Markets.At(ms += step.Steps * StepMs);
                (alone, flooded) = (alone.FlowTo(now, rate), flooded.FlowTo(now, rate));
                flooded = flooded.Lend(flooded.LendableUnits(rate), rate);
                Assert.Equal(alone.UsableUnits(rate), flooded.UsableUnits(rate));
                long used = Math.Min(step.Asked, alone.UsableUnits(rate));
                (alone, flooded) = (alone.Use(used, rate), flooded.Use(used, rate));
            }
        },
        iter: 2000);

    /// <summary>The plainest holder: one unit each 1/r seconds, from the first moment to the last, while others take all that they can.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(20, 1)]
    [InlineData(20, 20)]
    [InlineData(50, 7)]
    public void Property_1_a_steady_rate_is_covered_to_the_end_under_any_flood(long rate, long burst)
    {
        var reserved = new ReservedRate(rate, burst, Markets.At(0), 10);
        ReservationUse use = default;
        for (long i = 0; i < rate * 10; i++)
        {
            use = use.FlowTo(Markets.At(i * 1000 / rate), reserved);
            use = use.Lend(use.LendableUnits(reserved), reserved);
            Assert.True(use.UsableUnits(reserved) >= 1, $"unit {i}");
            use = use.Use(1, reserved);
        }

        Assert.Equal(0, use.FlowTo(Markets.At(9999), reserved).UsableUnits(reserved));
    }

    [Fact]
    public void Property_1_a_burst_after_a_pause_is_covered()
    {
        var rate = new ReservedRate(100, 30, Markets.At(0), 10);
        ReservationUse use = default;
        use = Use(use, 0, 30);
        Assert.Equal(0, use.UsableUnits(rate));
        use = Use(use, 300, 30);
        use = Use(use, 400, 10);
        use = Use(use, 9700, 30);
        Assert.Equal(0, use.FlowTo(Markets.At(9999), rate).UsableUnits(rate));

        ReservationUse Use(ReservationUse before, long ms, long units)
        {
            before = before.FlowTo(Markets.At(ms), rate);
            before = before.Lend(before.LendableUnits(rate), rate);
            Assert.Equal(units, before.UsableUnits(rate));
            return before.Use(units, rate);
        }
    }

    /// <summary>Seen to fail with a lent bucket that is full at the start, and with spilling that the holder's use does not lessen.</summary>
    [Fact]
    public void Properties_2_and_3_never_more_than_was_sold_and_nothing_is_kept_idle() => Gen.Select(Rates, Traffics).Sample(
        (rate, traffic) =>
        {
            ReservationUse use = default;
            List<(long Ms, long Total)> totals = [(0, 0)];
            long total = 0;
            foreach (Traffic step in traffic)
            {
                for (int i = 0; i < Math.Max(1, step.Steps); i++)
                {
                    long ms = totals[^1].Ms + StepMs;
                    use = use.FlowTo(Markets.At(ms), rate);
                    long used = i == 0 ? Math.Min(step.Asked, use.UsableUnits(rate)) : 0, lent = use.LendableUnits(rate);
                    use = use.Use(used, rate).Lend(lent, rate);
                    totals.Add((ms, total += used + lent));
                    bool isOver = ms >= rate.Seconds * 1000;
                    Assert.True(total <= rate.UnitsPerSecond * rate.Seconds);
                    Assert.True(total * 1000 <= (rate.BurstUnits * 1000) + (rate.UnitsPerSecond * ms));
                    Assert.True(isOver || total * 1000 > (rate.UnitsPerSecond * ms) - 1000);
                }
            }

            (long Ms, long Total) last = totals[^1];
            foreach ((long ms, long before) in totals)
                Assert.True((last.Total - before) * 1000 <= (rate.UnitsPerSecond * (last.Ms - ms)) + (2000 * rate.BurstUnits));
        },
        iter: 500);

    [Fact]
    public void Property_4_a_unit_is_not_lent_while_its_holder_may_ask_for_it()
    {
        var rate = new ReservedRate(10, 5, Markets.At(0), 10);
        ReservationUse idle = default;
        Assert.Equal((5, 0), Found(idle, 99));
        Assert.Equal((5, 1), Found(idle, 100));
        Assert.Equal((5, 5), Found(idle, 5000));
        ReservationUse used = idle.FlowTo(Markets.At(0), rate).Use(5, rate);
        Assert.Equal((4, 0), Found(used, 499));
        Assert.Equal((5, 0), Found(used, 500));
        Assert.Equal((5, 1), Found(used, 600));

        (long, long) Found(ReservationUse use, long ms) => (use.FlowTo(Markets.At(ms), rate).UsableUnits(rate), use.FlowTo(Markets.At(ms), rate).LendableUnits(rate));
    }

    /// <summary>Seen to fail with a clock that may go back.</summary>
    [Fact]
    public void Property_5_time_flows_forward_only_and_in_any_steps() => Gen.Select(Rates, Gen.Long[-500, 4500].Array[2, 6], Gen.Long[0, 5]).Sample(
        (rate, moments, asked) =>
        {
            ReservationUse start = new ReservationUse(0, 0, default).FlowTo(Markets.At(500), rate);
            start = start.Use(Math.Min(asked, start.UsableUnits(rate)), rate);
            Instant last = Markets.At(Math.Max(500, moments.Max()));
            ReservationUse stepwise = moments.Order().Aggregate(start, (use, ms) => use.FlowTo(Markets.At(ms), rate));
            Assert.Equal(start.FlowTo(last, rate), stepwise);
            Assert.Equal(stepwise, stepwise.FlowTo(Markets.At(-500), rate));
            Assert.Equal(stepwise, moments.Order().Append(-500).Append(0).Aggregate(stepwise, (use, ms) => use.FlowTo(Markets.At(ms), rate)));
        },
        iter: 2000);

    [Fact]
    public void Property_6_before_and_after_the_slot_and_without_a_reservation_there_is_nothing_and_the_next_slot_starts_anew()
    {
        var rate = new ReservedRate(10, 5, Markets.At(0), 10);
        Assert.Equal((0, 5, 5, 0), (Usable(-1), Usable(0), Usable(9000), Usable(10_000)));
        Assert.Equal(0, default(ReservationUse).FlowTo(Markets.At(10_000), rate).LendableUnits(rate));
        ReservationUse none = default(ReservationUse).FlowTo(Markets.At(5), default);
        Assert.Equal((0, 0), (none.UsableUnits(default), none.LendableUnits(default)));

        // In the last half second only what the slot still brings is there: 0.3 s hold 3 units.
        Assert.Equal(3, Usable(9700));
        ReservationUse used = default(ReservationUse).FlowTo(Markets.At(9700), rate).Use(3, rate);
        ReservedRate next = rate with { Starts = Markets.At(10_000) };
        Assert.Equal((5, 0), (used.FlowTo(Markets.At(10_000), next).UsableUnits(next), used.FlowTo(Markets.At(10_000), next).LendableUnits(next)));

        long Usable(long ms) => default(ReservationUse).FlowTo(Markets.At(ms), rate).UsableUnits(rate);
    }

    [Fact]
    public void What_is_not_there_cannot_be_used_or_lent_and_the_largest_rate_overflows_nothing()
    {
        var rate = new ReservedRate(1_000_000_000_000, 1_000_000_000_000, Markets.At(0), 86_400);
        ReservationUse use = default(ReservationUse).FlowTo(Markets.At(0), rate).Use(1_000_000_000_000, rate);
        Assert.Throws<ArgumentOutOfRangeException>(() => use.Use(1, rate));
        Assert.Throws<ArgumentOutOfRangeException>(() => use.Lend(1, rate));
        use = use.FlowTo(Markets.At(86_399_000), rate);
        Assert.Equal((1_000_000_000_000, 1_000_000_000_000), (use.UsableUnits(rate), use.LendableUnits(rate)));
    }
}
