using CoopGrid.Grains.Ledger;
using CoopGrid.Model;
using Xunit;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>What <see cref="IPriceHistory"/> and <see cref="ISliceHistory"/> promise, for every adapter.</summary>
public abstract class HistoryConformance<TStores> : IDisposable
    where TStores : StoresUnderTest, new()
{
    private static readonly ClassId Homes = new("isle", "homes");
    private static readonly ClassId Shops = new("isle", "shops");
    private readonly TStores _stores = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prices_are_read_back_bit_for_bit()
    {
        var row = new PricePeriod(long.MaxValue - 1, 1, 2, 3, 4, 5, 6, 7, 8, int.MaxValue);
        await Append(Homes, [row]);
        Assert.Equal(row, await _stores.Prices.LastAsync(Homes, Cancellation));
        Assert.Null(await _stores.Prices.LastAsync(Shops, Cancellation));
    }

    [Fact]
    public async Task A_run_of_periods_grows()
    {
        await Append(Homes, [Run(10, 1)]);
        await Append(Homes, [Run(10, 5), Run(15, 1)]);
        Assert.Equal([Run(10, 5), Run(15, 1)], await _stores.Prices.ReadAsync(Homes, 0, 10, Cancellation));
        Assert.Equal(Run(15, 1), await _stores.Prices.LastAsync(Homes, Cancellation));
    }

    [Fact]
    public async Task Reading_starts_with_the_run_that_holds_the_period()
    {
        // Seen to fail with a plain period >= $from.
        await Append(Homes, [Run(10, 5), Run(20, 5), Run(25, 1)]);
        Assert.Equal([20, 25], await From(22, 10));
        Assert.Equal([10], await From(14, 1));
        Assert.Equal([20, 25], await From(15, 10));
        Assert.Equal([20, 25], await From(20, 10));
        Assert.Empty(await From(26, 10));
        Assert.Empty(await _stores.Prices.ReadAsync(Shops, 0, 10, Cancellation));
    }

    [Fact]
    public async Task Closed_slices_are_read_in_order()
    {
        await Close(Homes, [new(-4, 1, 1, 1), new(5, 10, 20, 30)]);
        await Close(Shops, [new(9, 0, 0, 0)]);
        Assert.Equal([new(-4, 1, 1, 1), new(5, 10, 20, 30)], await _stores.Slices.ReadAsync(Homes, -10, 10, Cancellation));
        Assert.Equal([new(5, 10, 20, 30)], await _stores.Slices.ReadAsync(Homes, 0, 10, Cancellation));
        Assert.Equal(new SliceRow(5, 10, 20, 30), await _stores.Slices.LastAsync(Homes, Cancellation));
        Assert.Single(await _stores.Slices.ReadAsync(Homes, -10, 1, Cancellation));
    }

    public void Dispose()
    {
        _stores.Dispose();
        GC.SuppressFinalize(this);
    }

    private static PricePeriod Run(long period, long count) => new(period, count, 7, 8, 9, 10, 2000, 1000, 1100, 1100);

    private async Task Append(ClassId @class, IReadOnlyList<PricePeriod> rows)
    {
        await _stores.Classes.FoundAsync(@class, new(1, 0), Cancellation);
        Assert.True(await _stores.Classes.AppendPricesAsync(@class, 1, rows, Cancellation));
    }

    private async Task Close(ClassId @class, IReadOnlyList<SliceRow> rows)
    {
        await _stores.Classes.FoundAsync(@class, new(1, rows[0].Slice), Cancellation);
        Assert.Equal(ClosingOutcome.Closed, await _stores.Classes.CloseSlicesAsync(@class, new(1, 0, rows[^1].Slice + 1, rows), Cancellation));
    }

    private async Task<IEnumerable<long>> From(long period, int limit) =>
        (await _stores.Prices.ReadAsync(Homes, period, limit, Cancellation)).Select(row => row.Period);
}
