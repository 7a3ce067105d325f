using System.Collections.Immutable;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Domain.Usage;
using CoopGrid.Grains.Capacity;
using CoopGrid.Grains.Tests.Ledger;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing.Leaving;

/// <summary>What a meter reports of an epoch that is billed is an adjustment of the next bill, once, against the frozen figures (SPEC.md §9).</summary>
public sealed class LateUnitsTests
{
    private readonly Disk _disk = new();
    private readonly FakeTimeProvider _clock = ShortEpochs.NewClock();
    private long _epoch;
    private long _first;

    [Fact]
    public async Task Late_units_are_adjustments_of_the_next_bill_that_add_up_to_rating_from_scratch()
    {
        await using GridSilo silo = await Billed();
        EpochBooks frozen = ShortEpochs.BooksOf(_disk, _epoch)!;
        ReportAnswer late = await Report(silo, 2, new(_first + 1, 20), new(_first + 2, 4));
        Assert.Equal((ReportOutcome.Accepted, 24, 24), (late.Outcome, late.Units, late.LateUnits));
        Assert.Equal(24, (await Report(silo, 3, new SliceUsage(_first + 3, 24))).LateUnits);
        Assert.Equal(ReportOutcome.Duplicate, (await Report(silo, 3, new SliceUsage(_first + 3, 24))).Outcome);
        Assert.Equal(ReportOutcome.SequenceConflict, (await Report(silo, 3, new SliceUsage(_first + 3, 25))).Outcome);
        Assert.Equal(0, (await silo.StateOf("m0")).WindowUsageUnits);
        await silo.AdvanceUntil(async () => await silo.Class("homes").GetLateTotal(_epoch) == 48, () => "the late total", stepMs: 25);
        Assert.Equal(0, (await silo.Class("homes").GetState())!.UsageUnits);

        Bill next = await NextBill(silo);
        AdjustmentLine[] lines = [.. next.Lines.OfType<AdjustmentLine>()];
        Assert.All(lines, line => Assert.Equal(_epoch, line.Epoch.Number));
        Assert.Equal(48, lines.Where(line => line.After is OverageLine).Sum(line => line.LateUnits));
        Bill original = ShortEpochs.BillsOf(_disk, "m0").Single(bill => bill.Epoch.Number == _epoch);
        MemberFigures all = MemberFigures.BilledBy(original).Plus(new() { Units = 48, Surged = [new(1, 1500, 48 - 4)] });
        long scratch = BillRule.Rate(frozen.Closing!.Figures, all).Sum(line => line.Amount);
        Assert.Equal(scratch, original.Charges + lines.Sum(line => line.Amount));
        Assert.Equal(frozen.Closing.Figures, ShortEpochs.BooksOf(_disk, _epoch)!.Closing!.Figures);
        ShortEpochs.AssertSound(_disk);
    }

    /// <summary>
    /// The silo dies between the account's entry and the hand-in, or between the hand-in and what the account knows of it; no meter says anything more. Seen to fail with a
    /// closing that asks for figures only (no adjustment ever), and with keys that are not the report's (two of each).
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_around_the_hand_in_neither_loses_nor_doubles_late_units(bool handedIn)
    {
        GridSilo silo = await Billed();
        if (handedIn) silo.Bills.AfterHandIn = () => throw new IOException("Taken, but who knows.");
        else silo.Bills.BeforeHandIn = () => throw new IOException("This silo is about to die.");
        Assert.Equal(24, (await Report(silo, 2, new SliceUsage(_first + 3, 24))).LateUnits);
        Assert.DoesNotContain(_disk.Entries(), entry => entry.Entry is LateHandedIn);
        await silo.Kill();
        Assert.Equal(handedIn ? 1 : 0, _disk.Billing.Lines.Count);

        await using GridSilo next = await ShortEpochs.StartAsync(_disk, _clock);
        await next.Leased("homes");
        Bill bill = await NextBill(next);
        AdjustmentLine[] lines = [.. bill.Lines.OfType<AdjustmentLine>()];
        Assert.Equal(24, lines.Where(line => line.After is OverageLine).Sum(line => line.LateUnits));
        Assert.Equal(lines.Length, _disk.Billing.Lines.Count);
        Assert.Equal(24, await next.Class("homes").GetLateTotal(_epoch));
        ShortEpochs.AssertSound(_disk);
    }

    /// <summary>Past its grace a slice is closed, though its epoch is not: what comes then waits for the epoch's bills.</summary>
    [Fact]
    public async Task Late_units_of_the_running_epoch_wait_for_its_bills()
    {
        await using GridSilo silo = await ShortEpochs.StartAsync(_disk, _clock);
        await silo.Found("homes", ShortEpochs.Metered, 2);
        await silo.Member("m0").RegisterMeter("roof").Soon();
        await Heard(silo);
        await silo.Step(2500);
        long slice = (silo.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000) - 2;
        ClassEpochFigures epoch = await silo.EpochOf(slice);
        Assert.Equal(30, (await Report(silo, 1, new SliceUsage(slice, 30))).LateUnits);
        Assert.Empty(_disk.Billing.Lines);
        await silo.AdvanceUntil(
            () => ShortEpochs.BillsOf(_disk, "m0").Any(bill => bill.Epoch.Number > epoch.Number && bill.Lines.OfType<AdjustmentLine>().Any()), "the adjustment", stepMs: 100);
        Bill original = ShortEpochs.BillsOf(_disk, "m0").Single(bill => bill.Epoch.Number == epoch.Number);
        Assert.Equal(0, original.Lines.OfType<OverageLine>().Single().Units);
        AdjustmentLine line = ShortEpochs.BillsOf(_disk, "m0").SelectMany(bill => bill.Lines).OfType<AdjustmentLine>().Single(line => line.After is OverageLine);
        Assert.Equal((epoch.Number, 30), (line.Epoch.Number, line.LateUnits));
    }

    /// <summary>
    /// Its final bill is the last one that they can stand on: with those of its own epoch it is made at once, on the figures and the comfort of the exit; those of the
    /// epoch before, whose books are open, it waits for. Seen to fail with a bill that does not wait, without the figures of the exit, and without their comfort.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_leaves_with_late_units_has_them_on_its_final_bill(bool fromBefore)
    {
        await using GridSilo silo = await ShortEpochs.StartAsync(_disk, _clock);
        ClassPolicy policy = ShortEpochs.Metered with { Tariff = ShortEpochs.Metered.Tariff with { ComfortPermille = 1500 } };
        await silo.Found("homes", policy with { Window = policy.Window with { GraceMs = 1000 } }, 2);
        await silo.Member("m0").RegisterMeter("roof").Soon();
        await Heard(silo);
        await silo.BeginEpoch();
        long first = silo.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000;
        await silo.Step(1000);
        await Accepted(silo, 1, new SliceUsage(first, 6));
        await silo.Step(fromBefore ? 4000 : 2000);
        ReportAnswer late = await Accepted(silo, 2, new SliceUsage(first + 1, 24));
        Assert.Equal(late.Outcome == ReportOutcome.Accepted ? 24 : 0, late.LateUnits);
        ExitAnswer? left = null;
        await silo.AdvanceUntil(
            async () => (left = await silo.Member("m0").Exit("moved").Soon()).Outcome == MemberOutcome.Changed, () => $"an exit, not {left}", stepMs: 25);
        Assert.Equal(fromBefore, left!.BillNumber == 0);
        FinalFigures final = Assert.Single(_disk.Entries().Select(entry => entry.Entry).OfType<MemberLeft>()).Final!;
        await silo.Closed(final.Epoch.Number);
        Bill[] bills = [.. ShortEpochs.BillsOf(_disk, "m0").Where(bill => bill.Epoch.Number >= final.Epoch.Number)];
        AdjustmentLine line = Assert.Single(bills).Lines.OfType<AdjustmentLine>().Single(line => line.After is OverageLine);
        Bill rated = ShortEpochs.BillsOf(_disk, "m0").Single(bill => bill.Epoch.Number == line.Epoch.Number);
        Assert.Equal(fromBefore ? final.Epoch.Number - 1 : final.Epoch.Number, line.Epoch.Number);
        Assert.Equal(rated.Lines.OfType<OverageLine>().Single(), line.Before);
        Assert.Equal((6, 1500), (((OverageLine)line.Before!).Units, ((OverageLine)line.Before).ComfortPermille));
        Assert.Equal(((OverageLine)line.Before) with { Units = 30 }, line.After);
        Assert.Empty(_disk.Accounts()[new(GridSilo.Coop, "m0")].Late.Waiting);
        ShortEpochs.AssertSound(_disk);
    }

    // An epoch whose first slice has 6 units of m0, closed and billed.
    private async Task<GridSilo> Billed()
    {
        GridSilo silo = await ShortEpochs.StartAsync(_disk, _clock);
        await silo.Found("homes", ShortEpochs.Metered with { Window = ShortEpochs.Metered.Window with { GraceMs = 1000 } }, 2);
        await silo.Member("m0").RegisterMeter("roof").Soon();
        await Heard(silo);
        await silo.BeginEpoch();
        _first = silo.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000;
        await silo.Step(1000);
        ReportAnswer? answer = null;
        await silo.AdvanceUntil(
            async () => (answer = await Report(silo, 1, new SliceUsage(_first, 6))).Outcome is ReportOutcome.Accepted or ReportOutcome.Duplicate,
            () => $"a report in time, not {answer}",
            stepMs: 25);
        _epoch = (await silo.EpochOf(_first)).Number;
        await silo.Closed(_epoch);
        return silo;
    }

    // What was used before the gate's first view of the class's epochs has no price yet.
    private static async Task Heard(GridSilo silo)
    {
        var gates = silo.Service<ClassGates>();
        ClassGate gate = (await gates.GetAsync(GridSilo.ClassOf("homes")))!;
        await silo.AdvanceUntil(() => gate.View.Signal.EpochSoFar is not null, "the running epoch", stepMs: 100);
    }

    private async Task<Bill> NextBill(GridSilo silo)
    {
        long running = silo.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000;
        long after = 0;
        await silo.AdvanceUntil(
            async () => (after = (await silo.Class("homes").GetEpochs()).Where(epoch => epoch.FirstSlice <= running).Max(epoch => epoch.Number)) > 0,
            () => "the running epoch",
            stepMs: 25);
        await silo.Closed(after);
        Bill[] adjusted = [.. ShortEpochs.BillsOf(_disk, "m0").Where(bill => bill.Lines.OfType<AdjustmentLine>().Any())];
        return Assert.Single(adjusted);
    }

    // A step of seconds over a commit is a stall: what it was asked for is unknown for now, and a duplicate when it is asked again.
    private static async Task<ReportAnswer> Accepted(GridSilo silo, long sequence, SliceUsage slice)
    {
        ReportAnswer answer = new() { Outcome = ReportOutcome.None };
        await silo.AdvanceUntil(
            async () =>
            {
                bool wasUnknown = answer.Outcome == ReportOutcome.Unavailable;
                answer = await Report(silo, sequence, slice);
                return answer.Outcome == ReportOutcome.Accepted || (wasUnknown && answer.Outcome == ReportOutcome.Duplicate);
            },
            () => $"a report that is accepted, not {answer}",
            stepMs: 25);
        return answer;
    }

    private static Task<ReportAnswer> Report(GridSilo silo, long sequence, params SliceUsage[] slices) =>
        silo.Member("m0").Report(new() { Meter = "roof", Sequence = sequence, Slices = ImmutableArray.Create(slices) }).Soon();
}
