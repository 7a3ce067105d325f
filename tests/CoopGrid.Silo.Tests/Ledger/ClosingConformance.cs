using CoopGrid.Domain.Billing;
using CoopGrid.Domain.Billing.Books;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Ledger;
using CoopGrid.Grains.Tests.Billing;
using CoopGrid.Grains.Usage;
using Xunit;

namespace CoopGrid.Silo.Tests.Ledger;

/// <summary>Closings over every store: two classes at once, each closed by three that race each other, while credits are posted. Seen to fail, for both stores, without the comparison of steps.</summary>
public abstract class ClosingConformance<TStores> : IDisposable
    where TStores : StoresUnderTest, new()
{
    private const int Members = 700;
    private readonly TStores _stores = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private GridClock Clock => new(_stores.Clock);

    [Fact]
    public async Task Every_member_gets_one_bill_and_the_accounts_sum_to_zero_at_any_moment()
    {
        FrozenMonth homes = FrozenMonth.Random(1, Members);
        FrozenMonth shops = FrozenMonth.Random(2, Members, new("isle", "shops"), prefix: "s");
        long producer = (await _stores.Ledger.OpenProducerAsync(StoresUnderTest.SiloAt("a"), Cancellation)).Producer;
        Enroll(producer, 1, homes);
        Enroll(producer, 2, shops);
        Task closings = Task.WhenAll(new[] { homes, shops, homes, shops, homes, shops }.Select(month => Task.Run(() => CloseAsync(month))));
        int posted = 0;
        do
        {
            Balances now = (await _stores.Bills.ReadBooksAsync("isle", Cancellation)).Balances;
            Assert.Equal(Int128.Zero, now.Members + now.Revenue + now.Payments + now.Commons + now.Rounding);
            CreditPosting credit = await new Credits(_stores.Bills, _stores.Directory, Clock)
                .PostAsync(new("isle", $"m{posted:D7}"), CreditSource.Payment, 1000, "transfer", $"k{posted}", Cancellation);
            Assert.Equal((CreditPostingOutcome.Posted, ++posted), (credit.Outcome, posted));
        }
        while (!closings.IsCompleted && posted < Members);
        await closings;

        int expected = homes.Members.Values.Concat(shops.Members.Values).Count(member => member != MemberFigures.None);
        IReadOnlyList<BillRow> rows = await _stores.Bills.ListBillsAsync("isle", null, 0, 10_000, Cancellation);
        Assert.Equal(Enumerable.Range(1, expected).Select(number => (long)number), rows.Select(row => row.Number));
        Assert.Equal(expected, rows.Select(row => (row.Class, row.Member)).Distinct().Count());
        await AssertBooks(rows, [homes, shops], posted);
    }

    public void Dispose()
    {
        _stores.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task AssertBooks(IReadOnlyList<BillRow> rows, FrozenMonth[] months, int posted)
    {
        Int128 charges = rows.Aggregate(Int128.Zero, (sum, row) => sum + row.ToBill().Charges);
        EpochEnd[] ends = [.. (await Task.WhenAll(months.Select(month => _stores.Bills.FindEpochAsync(month.Epoch.Class, month.Epoch.Number, Cancellation))))
            .Select(row => row!.ToBooks().End!.Value)];
        Int128 rounding = ends[0].Rounding + ends[1].Rounding, commons = ends[0].CommonsShare + ends[1].CommonsShare;
        Assert.Equal(ends[0].Revenue + ends[1].Revenue, charges + rounding);
        Assert.Equal(
            new((1000 * posted) - charges, charges + rounding - commons, -1000 * posted, commons, -rounding),
            (await _stores.Bills.ReadBooksAsync("isle", Cancellation)).Balances);
        int onBills = rows.Sum(row => row.ToBill().Lines.Count(line => line is CreditLine));
        Assert.Equal(posted - onBills, (await _stores.Bills.ListHandedInAsync("isle", new("", "z"), Cancellation)).Count);
    }

    private async Task CloseAsync(FrozenMonth month)
    {
        var closer = new EpochCloser(_stores.Bills, _stores.Directory, month, Clock);
        while (await closer.StepAsync(month.Epoch.Class, month.Epoch.Number, Cancellation) == ClosingProgress.UnderWay) { }
    }

    private void Enroll(long producer, long position, FrozenMonth month) => _stores.Ledger.Commit(StoresUnderTest.Segment(
        producer, position, 1, [.. month.Members.Keys.Select(name => StoresUnderTest.Member(name, month.Epoch.Class.Class))]));
}
