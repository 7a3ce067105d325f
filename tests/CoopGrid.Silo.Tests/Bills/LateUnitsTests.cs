using System.Globalization;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Ledger.Postgres;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Bills;

/// <summary>Epochs of three seconds that close by themselves, on both stores: what a meter reports late is on a later bill, and the commons get their share.</summary>
[Collection(ProcessCollection.Name)]
public sealed class LateUnitsTests : IDisposable
{
    private static readonly string Charter = Charters.Of(
        [
            """
            "homes": {
              "entry": "metered",
              "window": { "sliceMs": 500, "slices": 4, "graceMs": 500, "epoch": { "kind": "fixed", "fixedMs": 3000 } },
              "tariff": { "fixedFee": 1000, "rate": 3, "commonsPermille": 100 },
              "capacity": { "unitsPerSecond": 1000, "burstUnits": 20000, "maxRequestUnits": 1000 } }
            """,
        ],
        [Charters.Member("ann", "homes"), Charters.Member("bob", "homes")]);

    private readonly Lazy<PostgresStores> _postgres = new(PostgresStores.Empty);

    private static long NowMs => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_late_report_is_an_adjustment_of_a_later_bill_and_the_commons_get_their_share(bool postgres)
    {
        await using SiloFolder folder = Folder(postgres);
        SiloProcess silo = await folder.StartAsync();
        await silo.Clients.Members.RegisterMeterAsync(new() { Coop = Charters.Coop, Member = "ann", Meter = "roof" });
        long slice = (NowMs / 500) + 1, epoch = slice / 6;
        await Until.True(() => NowMs / 500 >= slice + 4, "the end of the slice's grace");
        ReportUsageReply? reply = null;
        await Until.True(async () => (reply = await Report(silo, slice))?.Outcome is ReportOutcome.Accepted or ReportOutcome.Duplicate, () => $"a report, not {reply}");
        if (reply!.Outcome == ReportOutcome.Accepted) Assert.Equal((40, 40), (reply.Units, reply.LateUnits));

        BillLine? line = null;
        await Until.True(async () => (line = await Adjustment(silo)) is not null, () => "the adjustment");
        ClosingReply closing = await silo.Clients.Billing.GetClosingAsync(new() { Coop = Charters.Coop, Class = "homes", Epoch = epoch });
        Assert.Equal((ClosingState.Closed, 40, 0), (closing.State, closing.LateUnits, closing.UsageUnits));
        Assert.Equal(long.Parse(closing.RevenueMicroCredits, CultureInfo.InvariantCulture) / 10, closing.CommonsMicroCredits);
        Assert.InRange(closing.CommonsMicroCredits, 1, 200);
        BalancesReply books = await silo.Clients.Billing.GetBalancesAsync(new() { Coop = Charters.Coop });
        Assert.NotEqual("0", books.CommonsMicroCredits);
    }

    public void Dispose()
    {
        if (_postgres.IsValueCreated) _postgres.Value.Dispose();
    }

    private static async Task<ReportUsageReply?> Report(SiloProcess silo, long slice)
    {
        var request = new ReportUsageRequest { Coop = Charters.Coop, Meter = "roof", Sequence = 1 };
        request.Slices.Add(new SliceUsage { Slice = slice, Units = 40 });
        try
        {
            return await silo.Clients.Metering.ReportUsageAsync(request);
        }
        catch (RpcException unknown) when (unknown.StatusCode == StatusCode.Unavailable)
        {
            return null;
        }
    }

    private static async Task<BillLine?> Adjustment(SiloProcess silo)
    {
        ListBillsReply bills = await silo.Clients.Billing.ListBillsAsync(new() { Coop = Charters.Coop, Member = "ann", Limit = 1000 });
        return bills.Bills.SelectMany(bill => bill.Lines).FirstOrDefault(line => line.Kind == BillLineKind.Adjustment);
    }

    private SiloFolder Folder(bool postgres)
    {
        var folder = new SiloFolder(Charter);
        if (!postgres) return folder;
        folder.Settings["CoopGrid__Storage"] = "postgres";
        folder.Settings["CoopGrid__ConnectionString"] = _postgres.Value.ConnectionString;
        return folder;
    }
}
