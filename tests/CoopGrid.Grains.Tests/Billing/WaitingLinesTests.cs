using System.Collections.Immutable;
using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Stored;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Billing.Leaving;
using CoopGrid.Grains.Tests.Silo;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace CoopGrid.Grains.Tests.Billing;

/// <summary>A projected bill asks nobody but its member, and has the lines that wait for the next bill all the same. Each was seen to fail without its guard.</summary>
public sealed class WaitingLinesTests
{
    private static readonly MemberId Member = new(GridSilo.Coop, "m0");

    private readonly Disk _disk = new();
    private readonly FakeTimeProvider _clock = ShortEpochs.NewClock();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Lines_are_read_once_until_they_have_changed()
    {
        (DiskBills store, WaitingLines lines) = Remembered();
        Assert.Empty(await lines.ReadAsync(Member, Cancellation));
        await store.HandInAsync(Credit("a"), Cancellation);
        Assert.Empty(await lines.ReadAsync(Member, Cancellation));
        lines.Forget();
        ImmutableArray<byte[]> read = await lines.ReadAsync(Member, Cancellation);
        Assert.Equal(Credit("a").Line, Assert.Single(read));
        Assert.Equal(read, await lines.ReadAsync(Member, Cancellation));
    }

    [Fact]
    public async Task What_changes_while_they_are_read_is_not_missed()
    {
        (DiskBills store, WaitingLines lines) = Remembered();
        store.AfterListing = () =>
        {
            store.AfterListing = null;
            store.HandInAsync(Credit("a"), Cancellation).Wait(Cancellation);
            lines.Forget();
        };
        Assert.Empty(await lines.ReadAsync(Member, Cancellation));
        Assert.Single(await lines.ReadAsync(Member, Cancellation));
    }

    [Fact]
    public async Task What_nobody_told_of_is_found_within_a_minute()
    {
        (DiskBills store, WaitingLines lines) = Remembered();
        await lines.ReadAsync(Member, Cancellation);
        await store.HandInAsync(Credit("a"), Cancellation);
        _clock.Advance(WaitingLines.Longest - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await lines.ReadAsync(Member, Cancellation));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Single(await lines.ReadAsync(Member, Cancellation));
    }

    [Fact]
    public async Task A_member_hears_of_each_line_that_is_handed_in_and_of_no_one_elses()
    {
        await using GridSilo silo = await GridSilo.StartAsync(_disk, _clock);
        await silo.Found("homes", ShortEpochs.Admitted, 2);
        await Projects(silo, "m1");
        await Projects(silo, "m0");
        int listings = 0;
        silo.Bills.AfterListing = () => listings++;
        for (int i = 0; i < 3; i++) Assert.Empty((await silo.Member("m0").ProjectBill())!.WaitingLines);
        Assert.Equal(0, listings);

        await silo.Service<Credits>().PostAsync(Member, CreditSource.Payment, 500, "transfer", "a", Cancellation);
        for (int i = 0; i < 3; i++) Assert.Equal(500, Waiting((await silo.Member("m0").ProjectBill())!));
        await silo.Service<Credits>().PostAsync(Member, CreditSource.Payment, 70, "transfer", "b", Cancellation);
        Assert.Equal(570, Waiting((await silo.Member("m0").ProjectBill())!));
        Assert.Equal(2, listings);
        Assert.Empty((await silo.Member("m1").ProjectBill())!.WaitingLines);
        Assert.Equal(2, listings);
    }

    [Fact]
    public async Task What_a_bill_has_taken_waits_no_longer()
    {
        await using GridSilo silo = await ShortEpochs.StartAsync(_disk, _clock);
        await silo.Found("homes", ShortEpochs.Admitted, 1);
        await Projects(silo, "m0");
        await silo.Service<Credits>().PostAsync(Member, CreditSource.Payment, 500, "transfer", "a", Cancellation);
        Assert.Equal(500, Waiting((await silo.Member("m0").ProjectBill())!));
        DateTimeOffset readAt = _clock.GetUtcNow();
        await silo.AdvanceUntil(async () => (await silo.Member("m0").ProjectBill())?.WaitingLines.IsEmpty == true, () => "a projection without the credit", stepMs: 25);
        Assert.Contains(ShortEpochs.BillsOf(_disk, "m0"), bill => bill.Lines.OfType<CreditLine>().Any());
        Assert.InRange(_clock.GetUtcNow() - readAt, TimeSpan.Zero, WaitingLines.Longest - TimeSpan.FromSeconds(1));
    }

    private (DiskBills Store, WaitingLines Lines) Remembered()
    {
        var store = new DiskBills(_disk, new());
        return (store, new(store, new(_clock)));
    }

    private static Task Projects(GridSilo silo, string member) => silo.AdvanceUntil(
        async () => await silo.Member(member).ProjectBill() is not null, () => $"a projected bill of {member}", stepMs: 25);

    private static long Waiting(ProjectedFigures figures) =>
        figures.WaitingLines.Sum(line => ((CreditLine)BillCodec.DecodeLine(GridSilo.Coop, line)).Credit);

    private static HandIn Credit(string key)
    {
        var line = new CreditLine { Epoch = BillCodec.NoEpoch(GridSilo.Coop), PolicyVersion = 0, Source = CreditSource.Payment, Credit = 500, Reason = key };
        return new(Member, key, BillCodec.EncodeLine(GridSilo.Coop, line), null, 0);
    }
}
