using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Market;
using CoopGrid.Domain.Usage;
using Xunit;

namespace CoopGrid.Domain.Tests.Billing;

/// <summary>Units beyond a running reservation, from their entries to their lines (SPEC.md §7, §10).</summary>
public sealed class BeyondReservationTests
{
    private static readonly EpochSlices Epoch = new(3, 100, 110);

    [Fact]
    public void They_are_summed_apart_from_other_surged_units_and_given_back_to_their_group()
    {
        var usage = new EpochUsage(Epoch);
        usage.Enrol(100);
        Admitted beyond = Facts.Admitted(101, new(0, 20, 0, 0, 10), 2000) with { Reservation = new ReservationUse(1, 0, default) };
        usage.Add(beyond);
        usage.Add(Facts.Admitted(102, new(0, 0, 5, 0, 7), 2000));
        Assert.Equal(22, usage.Units);
        Assert.Equal([new(1, 2000, 7), new(1, 2000, 10, true)], EpochUsage.Restore(Epoch, usage.Snapshot()).Figures().Surged);

        // Ten surged ones and five reserved ones come back; the latter had not counted.
        usage.Add(Facts.Cancelled(beyond, 103, 0, 15) with { ReservedUnits = 5 }, beyond);
        Assert.Equal(12, usage.Units);
        Assert.Equal([new(1, 2000, 7)], usage.Figures().Surged);
    }

    [Fact]
    public void They_stand_on_lines_of_their_own_after_the_reservations_one_for_each_multiplier()
    {
        ClassFigures figures = Facts.Figures(100, 10, 10, new() { Rate = 3 });
        MemberFigures used = Facts.Used(40, 10, new(1, 1500, 10), new(1, 1500, 4, true), new(1, 2000, 5, true), new(2, 1250, 2, true));
        var slot = new ReservationLine { Epoch = figures.Epoch, PolicyVersion = 1, SlotStart = default, Seconds = 3, UnitsPerSecond = 1, UnitPrice = 3 };
        BillLine[] lines = [.. BillRule.Project(Facts.Member("ann"), figures, used, [slot]).Lines.Skip(2)];
        Assert.Equal(
            [
                (BillLineKind.Surcharge, 15), (BillLineKind.Reservation, 9), (BillLineKind.ReservationOverage, 6), (BillLineKind.ReservationOverage, 15),
                (BillLineKind.ReservationOverage, 2),
            ],
            lines.Select(line => (line.Kind, line.Amount)));
        Assert.Equal(
            [(3, 4, 1500, 1), (3, 5, 2000, 1), (3, 2, 1250, 2)],
            lines[2..].Cast<BeyondLine>().Select(line => (line.Rate, line.Units, line.MultiplierPermille, line.PolicyVersion)));
    }
}
