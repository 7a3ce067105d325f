using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Founded;

/// <summary>Each of the four founding charters as it is shipped, on a silo, with what it has against peaks in use.</summary>
[Collection(ProcessCollection.Name)]
public sealed class FoundingChartersInUseTests
{
    private const int SlotMs = 300_000;

    private static readonly TimeZoneInfo Pacific = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");

    private static readonly Dictionary<string, Func<FoundedGrid, Task>> Uses = new()
    {
        ["electricity"] = Electricity,
        ["blockspace"] = Blockspace,
        ["bandwidth"] = Bandwidth,
        ["messaging"] = Messaging,
    };

    /// <summary>
    /// Seen to fail with the bank (electricity), the market (blockspace, bandwidth), the deferral (bandwidth, messaging) and the quota (messaging) taken out of
    /// the charter.
    /// </summary>
    [Theory]
    [InlineData("electricity")]
    [InlineData("blockspace")]
    [InlineData("bandwidth")]
    [InlineData("messaging")]
    public async Task What_a_charter_has_against_peaks_is_used(string charter)
    {
        await using var grid = new FoundedGrid(charter);
        await Uses[charter](grid);
    }

    /// <summary>Time of use, baseline and bank: what a forenoon leaves of the baseline pays for a part of a dear afternoon.</summary>
    private static async Task Electricity(FoundedGrid grid)
    {
        DateTime day = TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), Pacific).Date.AddDays(1);
        grid.StepTo(Ms(day, 10, 30));
        await grid.StartAsync();
        foreach (string home in new[] { "home1", "home2" })
            await grid.Clients.Members.RegisterMeterAsync(new() { Coop = grid.Coop, Member = home, Meter = $"meter of {home}" });

        // Of the 298 Wh that an hour has of the baseline, one home leaves more than half and the other nothing. It is final after a day's grace.
        grid.StepTo(Ms(day, 11, 30));
        await Report(grid, "home1", 1, Ms(day, 10, 0), 100);
        await Report(grid, "home2", 1, Ms(day, 10, 0), 300);
        grid.StepTo(Ms(day.AddDays(1), 11, 45));
        Member home1 = new();
        await Until.True(async () => (home1 = await grid.Member("home1")).Bank is { Saved: > 0 }, () => $"a saving of home1: {home1}");
        Assert.Equal((98, 0), (home1.Bank.Saved, (await grid.Member("home2")).Bank.Saved));

        // A dear hour in which home1 uses more than its week's baseline: what is left of that first, then all that it saved, and the rest at ×2.45.
        day = day.AddDays(1);
        grid.StepTo(Ms(day, 16, 10));
        ClassState state = new();
        await Until.True(async () => (state = await grid.State("residential")).TouPermille == 2450, () => $"the afternoon's price: {state}");
        grid.StepTo(Ms(day, 17, 10));
        await Until.True(async () => (home1 = await grid.Member("home1")).Bank.Saved == 842, () => $"five quiet hours more: {home1}");
        ReportUsageReply receipt = await Report(grid, "home1", 2, Ms(day, 16, 0), 60_000);
        Assert.Equal((49_900, 842, 9_258), (receipt.BaselineUnits, receipt.BankedUnits, receipt.SurgedUnits));
        Bill bill = await grid.Clients.Billing.GetProjectedBillAsync(new() { Coop = grid.Coop, Member = "home1" });
        Assert.Equal(150 * 9_258 * 1450 / 1000, bill.Lines.Single(line => line.Kind == BillLineKind.Surcharge).AmountMicroCredits);
    }

    /// <summary>A slot's reservations by bid and by purchase, and a price that moves as a chain's does.</summary>
    private static async Task Blockspace(FoundedGrid grid)
    {
        await grid.StartAsync();
        const string alice = "0x00000000000000000000000000000000000000a1", bob = "0x00000000000000000000000000000000000000b2";
        long starts = await Bid(grid, alice, 100_000);
        grid.StepTo(starts - 30_000);
        MarketReply bought = new();
        await Until.True(
            async () => (bought = await grid.Clients.Market.BuyAsync(
                new() { Coop = grid.Coop, Member = bob, SlotStartsUnixMs = starts, Key = "buy", UnitsPerSecond = 50_000 })).Outcome == MarketOutcome.Accepted,
            () => $"a purchase: {bought}");
        Assert.Equal((1, 50_000L * 300), (bought.UnitPrice, bought.Charge));
        await Runs(grid, alice, starts, 100_000);

        // Blocks beyond twice the target raise the price by an eighth, of which the baseline of five million gas a week pays nothing.
        string[] accounts = await grid.Guests("accounts", 8);
        AdmitReply reply = new();
        for (int i = 0; i < 3; i++) await Until.Admitted(grid.Clients, grid.Ask(accounts[0], 2_250_000));
        await Until.True(
            async () =>
            {
                await Task.WhenAll(accounts[1..].Select(account => Until.Asked(grid.Clients, grid.Ask(account, 2_250_000))));
                grid.StepTo(grid.NowMs + 12_000);
                reply = await Until.Admitted(grid.Clients, grid.Ask(accounts[0], 21_000));
                return reply.MultiplierPermille > 1000;
            },
            () => $"a price above ×1: {reply}");
        Assert.Equal((0, 21_000), (reply.Covered.Baseline, reply.Covered.Surged));
    }

    /// <summary>A reservation for a film, and a backup that waits for its second.</summary>
    private static async Task Bandwidth(FoundedGrid grid)
    {
        await grid.StartAsync();
        await Runs(grid, "Elm Street 12", await Bid(grid, "Elm Street 12", 80), 80);
        (AdmitRequest request, AdmitReply ticket, _) = await grid.TicketInAFlood("residential", 100, andSurge: false);
        AdmitReply reply = await grid.Redeem(request, ticket);
        Assert.Equal((Outcome.Admitted, 1000, 50), (reply.Outcome, reply.MultiplierPermille, reply.Covered.Reserved));
    }

    /// <summary>A member's own rate, a surge, and a newsletter that waits for its second.</summary>
    private static async Task Messaging(FoundedGrid grid)
    {
        await grid.StartAsync();
        await Until.Admitted(grid.Clients, grid.Ask("alice", 300));
        AdmitReply reply = (await grid.Clients.Admission.AdmitAsync(grid.Ask("alice", 300)))!;
        Assert.Equal(Outcome.QuotaExceeded, reply.Outcome);
        Assert.InRange(reply.RetryAfterMs, 1, 2_000);
        (AdmitRequest request, AdmitReply ticket, int multiplier) = await grid.TicketInAFlood("people", 300, andSurge: true);
        Assert.InRange(multiplier, 1001, 5000);
        reply = await grid.Redeem(request, ticket);
        Assert.Equal((Outcome.Admitted, 1000, 50), (reply.Outcome, reply.MultiplierPermille, reply.Covered.Reserved));
    }

    private static long Ms(DateTime day, int hour, int minute)
    {
        DateTime local = DateTime.SpecifyKind(day.AddHours(hour).AddMinutes(minute), DateTimeKind.Unspecified);
        return new DateTimeOffset(TimeZoneInfo.ConvertTimeToUtc(local, Pacific)).ToUnixTimeMilliseconds();
    }

    private static async Task<ReportUsageReply> Report(FoundedGrid grid, string home, long sequence, long sliceStartsMs, long units)
    {
        var report = new ReportUsageRequest { Coop = grid.Coop, Meter = $"meter of {home}", Sequence = sequence };
        report.Slices.Add(new SliceUsage { Slice = sliceStartsMs / 3_600_000, Units = units });
        ReportUsageReply reply = new();

        // Until the silo has seen the clock's step, its slice has not ended.
        await Until.True(
            async () => (reply = await grid.Clients.Metering.ReportUsageAsync(report)).Outcome != ReportOutcome.Future,
            () => $"the end of the slice of {report}; last was {reply}");
        Assert.Equal(ReportOutcome.Accepted, reply.Outcome);
        return reply;
    }

    /// <summary>Bids for a slot that starts in five to ten minutes.</summary>
    private static async Task<long> Bid(FoundedGrid grid, string member, long unitsPerSecond)
    {
        long starts = ((grid.NowMs / SlotMs) + 2) * SlotMs;
        MarketReply bid = await grid.Clients.Market.PlaceBidAsync(
            new() { Coop = grid.Coop, Member = member, SlotStartsUnixMs = starts, Key = "bid", UnitsPerSecond = unitsPerSecond, UnitPrice = 20 });
        Assert.True(bid.Outcome == MarketOutcome.Accepted, $"{bid}");
        return starts;
    }

    /// <summary>Steps to a slot's start: what its member holds covers what it sends.</summary>
    private static async Task Runs(FoundedGrid grid, string holder, long starts, long unitsPerSecond)
    {
        grid.StepTo(starts + 100);
        Member member = new();
        await Until.True(async () => (member = await grid.Member(holder)).Reservation is { UsableUnits: > 0 }, () => $"a reservation that runs: {member}");
        Assert.Equal(unitsPerSecond, member.Reservation.UnitsPerSecond);
        AdmitReply reply = await Until.Admitted(grid.Clients, grid.Ask(holder, unitsPerSecond / 4));
        Assert.Equal((unitsPerSecond / 4, 0, 0), (reply.Covered.Reserved, reply.Covered.Surged, reply.WindowUsageUnits));
    }
}
