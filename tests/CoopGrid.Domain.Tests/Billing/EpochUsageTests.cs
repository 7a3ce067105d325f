using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Tests.Admission;
using CoopGrid.Domain.Usage;
using CoopGrid.Model;
using CsCheck;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing;

/// <summary>A member's sums of an epoch; the numbers are EpochUsage's rules.</summary>
public sealed class EpochUsageTests
{
    private static readonly EpochSlices Epoch = new(3, 100, 110);

    /// <summary>Rule 1: the edges of an epoch are the slices' of its span.</summary>
    [Fact]
    public void A_month_is_its_slices()
    {
        var window = new WindowPolicy { SliceMs = 3_600_000 };
        EpochSpan span = EpochCalendar.At(new() { Kind = EpochKind.Month }, window, "UTC", Instant.FromUnixMs(0));
        Assert.Equal(new(0, 0, 744), EpochSlices.Of(span, window));
        Assert.Equal(744, EpochSlices.Of(span, window).Count);
    }

    /// <summary>Rule 2, as a table: joins (+) and leaves (-) in slices, and n_i of the ten.</summary>
    [Theory]
    [InlineData("+100", 10)]
    [InlineData("+40", 10)]
    [InlineData("+109", 1)]
    [InlineData("+110", 0)]
    [InlineData("+100 -100", 1)]
    [InlineData("+100 -109", 10)]
    [InlineData("+100 -110", 10)]
    [InlineData("+103 -105", 3)]
    [InlineData("+103 -105 +105", 7)]
    [InlineData("+103 -103 +103 -103", 1)]
    [InlineData("+103 -103 +103 -104", 2)]
    [InlineData("+101 -102 +105 -106", 4)]
    [InlineData("-105", 0)]
    [InlineData("+101 +103", 9)]
    [InlineData("+109 -109 +109", 1)]
    public void A_slice_counts_once_at_any_instant_of_it(string moves, long enrolled)
    {
        var usage = new EpochUsage(Epoch);
        long changes = 0;
        foreach (string move in moves.Split(' '))
        {
            long slice = long.Parse(move[1..], System.Globalization.CultureInfo.InvariantCulture);
            changes += move[0] == '+' ? usage.Enrol(slice) : usage.Leave(slice);
        }

        Assert.Equal((enrolled, enrolled), (usage.EnrolledSlices, changes));
    }

    /// <summary>
    /// Rule 2: for random joins and leaves, n_i, n_i so far and what the class is told are those of a plain set of slices; M so far too.
    /// Through checkpoints. Seen to fail with a join that begins in the slice of the last leave.
    /// </summary>
    [Fact]
    public void Enrolment_is_that_of_a_set_of_slices() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2]).Array[0, 30].Sample(steps =>
        {
            var usage = new EpochUsage(Epoch);
            HashSet<long> slices = [];
            (long now, bool enrolled, long toTheEnd) = (98, false, 0);
            foreach ((int move, int wait) in steps)
            {
                for (int i = 0; i <= wait; i++)
                {
                    if (enrolled && Epoch.Holds(now)) slices.Add(now);
                    if (i < wait) now++;
                }

                if (move == 3) usage = EpochUsage.Restore(Epoch, usage.Snapshot());
                else toTheEnd += enrolled ? usage.Leave(now) : usage.Enrol(now);
                if (move < 3) enrolled = !enrolled;
                if (enrolled && Epoch.Holds(now)) slices.Add(now);
                Assert.Equal(slices.Count, usage.EnrolledThrough(now));
                Assert.Equal(usage.EnrolledSlices, toTheEnd);
                if (Epoch.Holds(now)) Assert.Equal(slices.Count, ClassFigures.MemberSlicesSoFar(Epoch, toTheEnd, enrolled ? 1 : 0, now));
            }
        }, iter: 2000);

    /// <summary>Rule 3: of 2+3+4+5+6 units at ×2.5, ever more are given back. Reserved units never counted.</summary>
    [Theory]
    [InlineData(0, 17, 6)]
    [InlineData(4, 13, 2)]
    [InlineData(6, 11, 0)]
    [InlineData(15, 2, 0)]
    [InlineData(18, 2, 0)]
    [InlineData(20, 0, 0)]
    public void What_is_given_back_was_surged_first(long returned, long units, long surged)
    {
        var usage = new EpochUsage(Epoch);
        Admitted admitted = Facts.Admitted(101, new(Exempt: 2, Reserved: 3, Baseline: 4, Banked: 5, Surged: 6), 2500, version: 4);
        usage.Add(admitted);
        long before = returned / 3;
        usage.Add(Facts.Cancelled(admitted, 105, 0, before), admitted);
        usage.Add(Facts.Cancelled(admitted, 105, before, returned), admitted);
        MemberFigures expected = surged == 0 ? Facts.Used(units, 0) : Facts.Used(units, 0, new SurgedUnits(4, 2500, surged));
        Assert.Equal(expected, usage.Figures());
    }

    /// <summary>Rule 1: two open epochs are fed alike, and each takes its own; a cancel counts where its admission did.</summary>
    [Fact]
    public void What_lies_in_another_epoch_is_passed_over()
    {
        EpochUsage[] open = [new(new(2, 90, 100)), new(Epoch)];
        Admitted old = Facts.Admitted(99, new(0, 0, 0, 0, 8), 1500);
        foreach (EpochUsage usage in open)
        {
            usage.Add(old);
            usage.Add(Facts.Cancelled(old, 100, 0, 3), old);
            usage.Add(Facts.Reported(1, new ReportedSlice(99, 1, 2, 1200), new ReportedSlice(100, 3, 4, 1300)));
        }

        Assert.Equal(Facts.Used(8, 0, new(1, 1200, 2), new(1, 1500, 5)), open[0].Figures());
        Assert.Equal(Facts.Used(7, 0, new SurgedUnits(1, 1300, 4)), open[1].Figures());
    }

    [Fact]
    public void Groups_ascend_by_version_and_multiplier_and_hold_nothing_that_costs_nothing()
    {
        var usage = new EpochUsage(Epoch);
        foreach ((int version, int multiplier) in new[] { (2, 1500), (1, 3000), (2, 1001), (1, 1000), (2, 700), (2, 1500), (1, 1200) })
            usage.Add(Facts.Admitted(100, new(0, 0, 0, 0, 10), multiplier, version));
        Assert.Equal(Facts.Used(70, 0, new(1, 1200, 10), new(1, 3000, 10), new(2, 1001, 10), new(2, 1500, 20)), usage.Figures());
        Assert.Equal(usage.Figures(), EpochUsage.Restore(Epoch, usage.Snapshot()).Figures());
    }

    /// <summary>Rule 4. Seen to fail with the units added after the group.</summary>
    [Fact]
    public void An_overflow_changes_nothing()
    {
        var usage = new EpochUsage(Epoch);
        usage.Add(Facts.Admitted(100, new(0, 0, long.MaxValue - 9, 0, 3), 1500));
        MemberFigures before = usage.Figures();
        Assert.Throws<OverflowException>(() => usage.Add(Facts.Admitted(100, new(0, 0, 0, 0, 7), 1500)));
        Assert.Throws<OverflowException>(() => usage.Add(Facts.Reported(1, new ReportedSlice(100, 0, 3, 1500), new ReportedSlice(101, 0, 4, 1500))));
        Assert.Equal(before, usage.Figures());
    }

    [Fact]
    public void The_sums_of_another_epoch_are_not_taken() =>
        Assert.Throws<ArgumentException>(() => EpochUsage.Restore(Epoch, new EpochUsage(Epoch with { Number = 4 }).Snapshot()));

    /// <summary>On the heap: the sums alone, and with two groups.</summary>
    [Collection(KeyMemorySizeTests.Alone)]
    public sealed class Size
    {
        [Theory]
        [InlineData(0, 72)]
        [InlineData(2, 144)]
        public void A_member_takes_little(int groups, long most)
        {
            var members = new EpochUsage[10_000];
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int member = 0; member < members.Length; member++)
            {
                members[member] = new(Epoch);
                members[member].Enrol(100);
                for (int group = 0; group < groups; group++) members[member].Add(Facts.Admitted(100, new(0, 0, 0, 0, 1), 1500 + group));
            }

            long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / members.Length;
            GC.KeepAlive(members);
            Assert.InRange(each, 1, most);
        }
    }
}
