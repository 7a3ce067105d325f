using CoopGrid.Domain.Bank;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Bank;

public sealed class SecondLoadsTests
{
    /// <summary>Seen to fail with a search that starts at the block's first second.</summary>
    [Fact]
    public void The_earliest_second_is_the_one_that_looking_at_each_finds() =>
        Gen.Select(Gen.Select(Gen.Long[0, 400], Gen.Long[1, 9]).Array[0, 600], Gen.Long[0, 400], Gen.Long[0, 300], Gen.Long[-1, 12]).Sample(
            (given, from, length, most) =>
            {
                var loads = new SecondLoads();
                var sums = new Dictionary<long, long>();
                foreach ((long second, long units) in given)
                {
                    long back = units == 9 ? sums.GetValueOrDefault(second) : 0;
                    loads.AddTicket(second, back > 0 ? -back : units);
                    sums[second] = sums.GetValueOrDefault(second) + (back > 0 ? -back : units);
                }

                loads.SetReserved(from + 20, from + 110, 2);
                long Load(long second) => sums.GetValueOrDefault(second) + (second >= from + 20 && second < from + 110 ? 2 : 0);
                long? expected = null;
                for (long second = from; second < from + length && most >= 0; second++) if (Load(second) <= most) expected ??= second;
                Assert.Equal(expected, loads.Earliest(from, from + length, most));
                Assert.All(sums, s => Assert.Equal(s.Value, loads.TicketUnits(s.Key)));
            },
            iter: 2000);

    /// <summary>Seconds before 1970 count too. Seen to fail with a search that starts at the block's first second.</summary>
    [Fact]
    public void Blocks_are_the_same_before_the_Unix_epoch()
    {
        var loads = new SecondLoads();
        for (long second = -100; second < 100; second++) loads.AddTicket(second, second == -3 ? 4 : 5);
        Assert.Equal(-3, loads.Earliest(-100, 200, 4));
        Assert.Equal(100, loads.Earliest(-2, 200, 4));
    }

    /// <summary>Seen to fail without the least load of a block.</summary>
    [Fact]
    public void A_full_hour_takes_at_most_57_looks_at_blocks_and_192_at_seconds()
    {
        const long Start = 1_700_000_000;
        var loads = new SecondLoads();
        long most = 0;
        for (int given = 0; given < 5 * 3600; given++)
        {
            long before = loads.Looks;
            Assert.Equal(Start + (given / 5), loads.Earliest(Start, Start + 3600, 4));
            loads.AddTicket(Start + (given / 5), 1);
            most = Math.Max(most, loads.Looks - before);
        }

        long looks = loads.Looks;
        Assert.Null(loads.Earliest(Start, Start + 3600, 4));
        Assert.InRange(loads.Looks - looks, 57, 57 + (2 * SecondLoads.SecondsPerBlock));
        Assert.InRange(most, 57, 57 + (3 * SecondLoads.SecondsPerBlock));
    }

    [Fact]
    public void Reserved_seconds_are_spans_and_whole_blocks_pass()
    {
        var loads = new SecondLoads();
        loads.SetReserved(10, 200, 3);
        loads.SetReserved(50, 60, 0);
        loads.SetReserved(150, 250, 4);
        ReservedSpan[] spans = [new(10, 50, 3), new(60, 150, 3), new(150, 250, 4)];
        Assert.Equal(spans, loads.ReservedFrom(0));
        Assert.Equal([new(100, 150, 3), new(150, 250, 4)], loads.ReservedFrom(100));
        loads.DropBefore(130);
        Assert.Equal((0L, 3L), (loads.ReservedUnits(127), loads.ReservedUnits(128)));
    }
}
