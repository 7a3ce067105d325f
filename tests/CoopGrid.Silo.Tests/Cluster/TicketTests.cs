using System.Collections.Concurrent;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Ledger.Postgres;
using CoopGrid.Silo.Tests.Processes;
using Xunit;

namespace CoopGrid.Silo.Tests.Cluster;

/// <summary>
/// Tickets on silos as processes on one database: "people" have 200 units/s, hogs ask for ten times that, relays have half an hour.
/// </summary>
[Collection(ProcessCollection.Name)]
public sealed class TicketTests : IDisposable
{
    private const int Relays = 6;
    private const int TicketsEach = 60;
    private const int Hogs = 10;

    private const string Class =
        """
        "people": {
          "capacity": { "unitsPerSecond": 200, "burstUnits": 800, "maxRequestUnits": 10 },
          "lanes": [ { "name": "standard", "priority": "standard" }, { "name": "bulk", "priority": "bulk", "longestWaitMs": 200 } ],
          "deferral": { "deferMinMs": 1000, "horizonMs": 1800000, "memberCapUnits": 10000 }
        }
        """;

    private static readonly string Charter = Charters.Of(
        [Class],
        [
            .. Enumerable.Range(0, Relays).Select(i => Charters.Member($"relay{i}", "people")),
            .. Enumerable.Range(0, Hogs).Select(i => Charters.Member($"hog{i}", "people")),
        ]);

    private readonly PostgresStores _stores = PostgresStores.Empty();
    private readonly CancellationTokenSource _enough = new();

    /// <summary>
    /// Every ticket is come with in its second; meanwhile a silo is killed. Whatever is decided in a ticket's time is an admission; before
    /// the kill all are decided, and after it they go on.
    /// </summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_ticket_that_comes_in_its_time_is_never_refused_under_a_tenfold_flood_and_through_a_kill()
    {
        await using SiloFolder folder = new(Charter);
        folder.Settings["CoopGrid__Storage"] = "postgres";
        folder.Settings["CoopGrid__ConnectionString"] = _stores.ConnectionString;
        SiloProcess[] silos = [folder.Launch(), folder.Launch(), folder.Launch()];
        foreach (SiloProcess silo in silos) await silo.Serving();
        Task flood = Task.WhenAll(Enumerable.Range(0, Hogs).Select(hog => Flood(silos[hog % 2], hog)));

        AdmitReply[][] tickets = await Task.WhenAll(Enumerable.Range(0, Relays).Select(relay => Tickets(silos[relay % 2], relay)));
        long last = tickets.SelectMany(own => own).Max(ticket => ticket.NotBeforeUnixMs);
        long first = tickets.SelectMany(own => own).Min(ticket => ticket.NotBeforeUnixMs);
        long killedMs = first + ((last - first) / 3);
        var told = new ConcurrentBag<Coming>();
        Task redeeming = Task.WhenAll(tickets.SelectMany((own, relay) => own.Select((ticket, i) => Redeem(silos[i % 2], relay, ticket, told))));
        await At(killedMs);
        await silos[2].KillAsync();
        await redeeming;
        await _enough.CancelAsync();
        await flood;

        Assert.Equal(Relays * TicketsEach, told.Count);
        Assert.All(told, coming => Assert.True(
            coming.Reply?.Outcome is null or Outcome.Admitted || coming.ClosedMs <= coming.AnsweredMs, $"{coming}: refused in its time"));
        Coming[] before = [.. told.Where(coming => coming.OpensMs < killedMs - 2000)];
        Assert.True(before.Length > Relays * TicketsEach / 8, $"{before.Length} tickets before the kill at {killedMs}, of {first} to {last}");
        Assert.All(before, coming => Assert.True(coming.Reply?.Outcome == Outcome.Admitted, $"{coming}"));
        Assert.Contains(told, coming => coming.OpensMs > killedMs + 1000 && coming.Reply?.Outcome == Outcome.Admitted);
        Assert.All(told.Where(coming => coming.Reply?.Outcome == Outcome.Admitted), coming => Assert.Equal(1000, coming.Reply!.MultiplierPermille));
    }

    public void Dispose()
    {
        _enough.Dispose();
        _stores.Dispose();
    }

    private static long NowMs => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task Flood(SiloProcess silo, int hog)
    {
        // 2,000 units a second from all: twenty requests of ten units a second from each.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (int i = 0; !_enough.IsCancellationRequested; i++)
        {
            AdmitRequest request = Bulk($"hog{hog}", $"h{hog}-{i}");
            _ = Until.Asked(silo.Clients, request);
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<AdmitReply[]> Tickets(SiloProcess silo, int relay)
    {
        List<AdmitReply> tickets = [];
        for (int i = 0; tickets.Count < TicketsEach; i++)
        {
            AdmitRequest request = Bulk($"relay{relay}", $"r{relay}-{i}");
            request.DeferUntilUnixMs = NowMs + 1_800_000;
            AdmitReply? reply = null;
            await Until.True(async () => (reply = await Until.Asked(silo.Clients, request)) is not null, () => $"a decision about {request}");
            Assert.True(reply!.Outcome is Outcome.Deferred or Outcome.Admitted, $"{reply}");
            if (reply.Outcome == Outcome.Deferred) tickets.Add(reply);
        }

        return [.. tickets];
    }

    /// <summary>Comes in the ticket's second, and again with the same key while nothing is known and the ticket is good.</summary>
    private static async Task Redeem(SiloProcess silo, int relay, AdmitReply ticket, ConcurrentBag<Coming> told)
    {
        long opens = ticket.NotBeforeUnixMs, closes = opens + 1000;
        AdmitRequest request = Bulk($"relay{relay}", $"t-{ticket.Ticket}");
        request.Ticket = ticket.Ticket;
        await At(opens + 100);
        AdmitReply? reply = null;
        while (NowMs < closes && (reply = await Until.Asked(silo.Clients, request)) is null or { Outcome: Outcome.Deferred })
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        told.Add(new(ticket.Ticket, opens, closes, NowMs, reply));
    }

    private static async Task At(long unixMs)
    {
        long left = unixMs - NowMs;
        if (left > 0) await Task.Delay(TimeSpan.FromMilliseconds(left), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private static AdmitRequest Bulk(string member, string key) =>
        new() { Coop = Charters.Coop, Member = member, Units = 10, Key = key, Lane = "bulk", MaxWaitMs = 0 };

    private sealed record Coming(string Ticket, long OpensMs, long ClosedMs, long AnsweredMs, AdmitReply? Reply);
}
