using System.Globalization;
using System.Text;
using System.Text.Json;
using CoopGrid.Grains.Billing;
using CoopGrid.Grains.Tests.Billing;
using CoopGrid.Grains.Usage;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Ledger.Sqlite;
using CoopGrid.Silo.Tests.BadInput;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Bills;

/// <summary>
/// What a member and an operator see of a closed epoch, through a silo's door. The epoch was closed in the silo's own data folder while it was stopped.
/// </summary>
[Collection(ProcessCollection.Name)]
public sealed class BillsTests : IAsyncLifetime
{
    private const int Members = 1200;

    private static readonly ClassId Homes = new(Charters.Coop, "homes");
    private static readonly FrozenMonth Month = FrozenMonth.Random(1, Members, Homes);

    private static readonly string Charter = Charters.Of(
        ["\"homes\": { \"capacity\": { \"unitsPerSecond\": 1000, \"burstUnits\": 2000, \"maxRequestUnits\": 50 } }"], []);

    private readonly SiloFolder _folder = new(Charter);
    private SiloProcess? _silo;

    private Protocol.V1.Billing.BillingClient Billing => _silo!.Clients.Billing;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _silo = await _folder.StartAsync();
        var enrol = new EnrollBatchRequest { Coop = Charters.Coop, Class = "homes" };
        enrol.Members.AddRange(Month.Members.Keys);
        await _silo.Clients.Members.EnrollBatchAsync(enrol);
        await _silo.KillAsync();
        using (SqliteStorage storage = SqliteStorage.Open(_folder.DataPath, TimeProvider.System))
        {
            var closer = new EpochCloser(storage.Bills, storage.Directory, Month, new GridClock(TimeProvider.System));
            while (await closer.StepAsync(Homes, Month.Epoch.Number, Cancellation) == ClosingProgress.UnderWay) { }
        }

        _silo = await _folder.StartAsync();
    }

    public ValueTask DisposeAsync() => _folder.DisposeAsync();

    [Fact]
    public async Task Bills_credits_and_books_are_seen_through_the_door()
    {
        await PagesHoldEveryBill();
        await ExportsParse();
        await CreditsArePostedOnce();
        await ClosingIsToldToItsEnd();
        await BadInputIsRefused();
    }

    private async Task PagesHoldEveryBill()
    {
        var request = new ListBillsRequest { Coop = Charters.Coop, Limit = 500 };
        List<Bill> bills = [];
        do
        {
            ListBillsReply reply = await Billing.ListBillsAsync(request);
            bills.AddRange(reply.Bills);
            request.After = reply.Next;
        }
        while (request.After.Length > 0);
        Assert.Equal(Enumerable.Range(1, bills.Count).Select(number => (long)number), bills.Select(bill => bill.Number));
        Assert.All(bills, bill => Assert.Equal(bill.TotalMicroCredits, bill.Lines.Sum(line => line.AmountMicroCredits)));

        Bill some = bills[700];
        Bill own = Assert.Single((await Billing.ListBillsAsync(new() { Coop = Charters.Coop, Member = some.Member })).Bills);
        Assert.Equal(some, own);
        ListBillsReply page = await Billing.ListBillsAsync(
            new() { Coop = Charters.Coop, Class = "homes", Epoch = Month.Epoch.Number, After = bills[9].Member, Limit = 1 });
        Assert.Equal((bills[10], bills[10].Member), (Assert.Single(page.Bills), page.Next));
        BillReply full = await Billing.GetBillAsync(new() { Coop = Charters.Coop, Number = some.Number });
        Assert.Equal(some, full.Bill);
        using JsonDocument json = JsonDocument.Parse(full.Json);
        Assert.Equal($"{some.TotalMicroCredits}", json.RootElement.GetProperty("totalMicroCredits").GetString());
    }

    private async Task ExportsParse()
    {
        BalancesReply books = await Billing.GetBalancesAsync(new() { Coop = Charters.Coop });
        using JsonDocument json = JsonDocument.Parse(await ExportAsync(ExportFormat.Json));
        Assert.Equal(books.LastBill, json.RootElement.GetArrayLength());
        long charges = json.RootElement.EnumerateArray().Sum(bill => long.Parse(bill.GetProperty("chargesMicroCredits").GetString()!, CultureInfo.InvariantCulture));
        Assert.Equal(books.MembersMicroCredits, $"{-charges}");

        string[] rows = (await ExportAsync(ExportFormat.FocusCsv)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        int cost = Array.IndexOf(rows[0].Split(','), "BilledCost");
        Assert.Equal(charges, rows.Skip(1).Sum(row => decimal.Parse(row.Split(',')[cost], CultureInfo.InvariantCulture)) * 1_000_000);
        Assert.Single(rows, row => row.StartsWith("BilledCost", StringComparison.Ordinal));
    }

    private async Task CreditsArePostedOnce()
    {
        string member = Month.Members.Keys.First();
        var request = new PostCreditRequest
        {
            Coop = Charters.Coop,
            Member = member,
            Source = CreditSource.Payment,
            MicroCredits = 7_000_000,
            Reason = "transfer 9",
            Key = "k1",
        };
        long before = (await Billing.GetBalancesAsync(new() { Coop = Charters.Coop, Member = member })).MemberMicroCredits;
        PostCreditReply posted = await Billing.PostCreditAsync(request);
        Assert.Equal((false, before + 7_000_000), (posted.Replayed, posted.BalanceMicroCredits));
        PostCreditReply again = await Billing.PostCreditAsync(request);
        Assert.Equal((true, posted.Entry, posted.BalanceMicroCredits), (again.Replayed, again.Entry, again.BalanceMicroCredits));
        BalancesReply books = await Billing.GetBalancesAsync(new() { Coop = Charters.Coop });
        string[] accounts = [books.MembersMicroCredits, books.RevenueMicroCredits, books.PaymentsMicroCredits, books.CommonsMicroCredits, books.RoundingMicroCredits];
        Assert.Equal("-7000000", books.PaymentsMicroCredits);
        Assert.Equal(Int128.Zero, accounts.Aggregate(Int128.Zero, (sum, account) => sum + Int128.Parse(account, CultureInfo.InvariantCulture)));
        await QuietSilo.Fails(StatusCode.AlreadyExists, Billing.PostCreditAsync(new(request) { MicroCredits = 1 }));
        await QuietSilo.Fails(StatusCode.NotFound, Billing.PostCreditAsync(new(request) { Member = "nobody", Key = "k2" }));
    }

    private async Task ClosingIsToldToItsEnd()
    {
        ClosingReply closing = await Billing.GetClosingAsync(new() { Coop = Charters.Coop, Class = "homes" });
        Assert.Equal((Month.Epoch.Number, ClosingState.Closed), (closing.Epoch, closing.State));
        Assert.Equal((Month.Figures.Usage, Month.Figures.MemberSlices), (closing.BilledUnits, closing.BilledMemberSlices));
        Assert.Equal((closing.UsageUnits, closing.MemberSlices), (closing.BilledUnits, closing.BilledMemberSlices));
        Assert.Equal((Month.Frozen.Span.Start.UnixMs, Month.Frozen.Span.End.UnixMs), (closing.StartUnixMs, closing.EndUnixMs));
        Assert.Equal(
            Int128.Parse(closing.RevenueMicroCredits, CultureInfo.InvariantCulture),
            Int128.Parse(closing.ChargesMicroCredits, CultureInfo.InvariantCulture) + closing.RoundingMicroCredits);
        Assert.Equal(closing, await Billing.GetClosingAsync(new() { Coop = Charters.Coop, Class = "homes", Epoch = Month.Epoch.Number }));
    }

    private async Task BadInputIsRefused()
    {
        string coop = Charters.Coop;
        await QuietSilo.Fails(StatusCode.NotFound, Billing.ListBillsAsync(new() { Coop = "nowhere" }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, Billing.ListBillsAsync(new() { Coop = coop, Limit = 1001 }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, Billing.ListBillsAsync(new() { Coop = coop, After = "x" }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, Billing.ListBillsAsync(new() { Coop = coop, Class = "homes" }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, Billing.ListBillsAsync(new() { Coop = coop, Epoch = 7 }));
        await QuietSilo.Fails(StatusCode.InvalidArgument, Billing.ListBillsAsync(new() { Coop = coop, Class = "homes", Epoch = 7, Member = "m" }));
        await QuietSilo.Fails(StatusCode.NotFound, Billing.GetBillAsync(new() { Coop = coop, Number = 0 }));
        await QuietSilo.Fails(StatusCode.NotFound, Billing.GetClosingAsync(new() { Coop = coop, Class = "homes", Epoch = 7 }));
        await QuietSilo.Fails(StatusCode.NotFound, Billing.GetClosingAsync(new() { Coop = coop, Class = "shops" }));
        await QuietSilo.Fails(StatusCode.NotFound, Billing.GetBalancesAsync(new() { Coop = "" }));
        PostCreditRequest credit = new() { Coop = coop, Member = Month.Members.Keys.First(), MicroCredits = 1, Reason = "r", Key = "k9", Source = CreditSource.Refund };
        foreach (PostCreditRequest wrong in new PostCreditRequest[]
        {
            new(credit) { Source = CreditSource.Unspecified }, new(credit) { MicroCredits = 0 }, new(credit) { MicroCredits = long.MaxValue },
            new(credit) { Reason = "" }, new(credit) { Reason = new('r', 513) }, new(credit) { Key = "" },
        })
        {
            await QuietSilo.Fails(StatusCode.InvalidArgument, Billing.PostCreditAsync(wrong));
        }

        RpcException noFormat = await Assert.ThrowsAsync<RpcException>(() => ExportAsync(ExportFormat.Unspecified));
        Assert.Equal(StatusCode.InvalidArgument, noFormat.StatusCode);
    }

    private async Task<string> ExportAsync(ExportFormat format)
    {
        using AsyncServerStreamingCall<ExportPart> call = Billing.ExportBills(
            new() { Coop = Charters.Coop, Class = "homes", Epoch = Month.Epoch.Number, Format = format }, cancellationToken: Cancellation);
        var text = new StringBuilder();
        await foreach (ExportPart part in call.ResponseStream.ReadAllAsync(Cancellation)) text.Append(part.Data.ToStringUtf8());
        return text.ToString();
    }
}
