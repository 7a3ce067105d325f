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
    private const int TicketsEach = 180;
    private const int Hogs = 10;

    /// <summary>By when members of a dead silo are admitted elsewhere.</summary>
    private const int BackMs = 6000;

    /// <summary>For how long tickets are looked at before and after that.</summary>
    private const int BetweenMs = 4000;

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
    /// Every ticket is come with in its second; meanwhile each silo is killed once and replaced, so also that of the class. Whatever is decided in a ticket's time is an
    /// admission, and but for the seconds in which a dead silo's members come back every ticket is admitted.
    /// </summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_ticket_that_comes_in_its_time_is_never_refused_under_a_tenfold_flood_and_through_kills()
    {
        await using SiloFolder folder = new(Charter);
        folder.Settings["CoopGrid__Storage"] = "postgres";
        folder.Settings["CoopGrid__ConnectionString"] = _stores.ConnectionString;
        SiloProcess[] doors = [folder.Launch(), folder.Launch(), folder.Launch()];
        foreach (SiloProcess silo in doors) await silo.Serving();
        Task flood = Task.WhenAll(Enumerable.Range(0, Hogs).Select(hog => Flood(doors, hog)));

        var told = new ConcurrentBag<Coming>();
        List<Task>[] coming = await Task.WhenAll(Enumerable.Range(0, Relays).Select(relay => Tickets(doors, relay, told)));
        List<long> kills = [];
        for (int place = 0; place < doors.Length; place++)
        {
            await At(NowMs + BetweenMs);
            kills.Add(NowMs);
            await doors[place].KillAsync();
            await At(kills[^1] + BackMs + BetweenMs);
            SiloProcess next = folder.Launch();
            await next.Serving();
            doors[place] = next;
        }

        await Task.WhenAll(coming.SelectMany(own => own));
        await _enough.CancelAsync();
        await flood;

        Assert.Equal(Relays * TicketsEach, told.Count);
        Assert.All(told, one => Assert.True(one.Reply?.Outcome is null or Outcome.Admitted || one.ClosedMs <= one.AnsweredMs, $"{one}: refused in its time"));
        Coming[] certain = [.. told.Where(one => !kills.Any(kill => one.ClosedMs > kill && one.OpensMs < kill + BackMs))];
        Assert.All(certain, one => Assert.True(one.Reply?.Outcome == Outcome.Admitted, $"{one}, with kills at {string.Join(", ", kills)}"));
        for (int kill = 0; kill < kills.Count; kill++)
            Assert.True(certain.Count(one => one.OpensMs > kills[kill] && one.OpensMs < kills[kill] + BackMs + BetweenMs) > 10, $"too few tickets after kill {kill}");
        Assert.All(told.Where(one => one.Reply?.Outcome == Outcome.Admitted), one => Assert.Equal(1000, one.Reply!.MultiplierPermille));
    }

    public void Dispose()
    {
        _enough.Dispose();
        _stores.Dispose();
    }

    private static long NowMs => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task Flood(SiloProcess[] doors, int hog)
    {
        // 2,000 units a second from all: twenty requests of ten units a second from each.
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (int i = 0; !_enough.IsCancellationRequested; i++)
        {
            AdmitRequest request = Bulk($"hog{hog}", $"h{hog}-{i}");
            _ = Until.Asked(doors[(hog + i) % doors.Length].Clients, request);
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Gets a relay's tickets.</summary>
    /// <returns>The coming with each.</returns>
    private static async Task<List<Task>> Tickets(SiloProcess[] doors, int relay, ConcurrentBag<Coming> told)
    {
        List<Task> coming = [];
        for (int i = 0; coming.Count < TicketsEach; i++)
        {
            AdmitRequest request = Bulk($"relay{relay}", $"r{relay}-{i}");
            request.DeferUntilUnixMs = NowMs + 1_800_000;
            AdmitReply? reply = null;
            await Until.True(async () => (reply = await Until.Asked(doors[relay % doors.Length].Clients, request)) is not null, () => $"a decision about {request}");
            Assert.True(reply!.Outcome is Outcome.Deferred or Outcome.Admitted, $"{reply}");
            if (reply.Outcome == Outcome.Deferred) coming.Add(Redeem(doors, relay, reply, told));
        }

        return coming;
    }

    /// <summary>Comes in the ticket's second, and again with the same key at the next door while nothing is known and the ticket is good.</summary>
    private static async Task Redeem(SiloProcess[] doors, int relay, AdmitReply ticket, ConcurrentBag<Coming> told)
    {
        long opens = ticket.NotBeforeUnixMs, closes = opens + 1000;
        AdmitRequest request = Bulk($"relay{relay}", $"t-{ticket.Ticket}");
        request.Ticket = ticket.Ticket;
        await At(opens + 100);
        AdmitReply? reply = null;
        int door = relay;
        await Until.True(
            async () =>
            {
                if (NowMs >= closes) return true;
                reply = await Until.Asked(doors[door++ % doors.Length].Clients, request);
                return reply is not (null or { Outcome: Outcome.Deferred });
            },
            () => $"the end of {ticket.Ticket}'s second");
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
