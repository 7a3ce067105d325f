using CoopGrid.LoadTest.Cluster;
using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Cluster;

/// <summary>A database that takes connections and answers nothing, as on a machine whose disk stalls.</summary>
[Collection(ProcessCollection.Name)]
public sealed class HangingDatabaseTests
{
    /// <summary>The burst is small: a bucket starts empty, and until it is a quarter full a member above the mean gets CAPACITY_EXCEEDED, database or not.</summary>
    private const string Class = """ "people": { "capacity": { "unitsPerSecond": 100000, "burstUnits": 400, "maxRequestUnits": 1 } } """;

    private static readonly string Charter = Charters.Of([Class], [Charters.Member("alice", "people")]);

    /// <summary>The promise is a second; the rest is for a busy machine.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private const int Callers = 8;

    private static readonly TimeSpan Hanging = TimeSpan.FromSeconds(12);

    [Fact, Trait("Category", "Long")]
    public async Task Nobody_is_kept_for_much_longer_than_a_second_and_all_goes_on_when_it_answers()
    {
        // Seen to fail with senders looked up without an end: those calls took as long as the statement might; and with a batch's looked up one after another.
        // Seen to fail without SpareThreads, by a call of 2.5 s when the first statements had run out of their time.
        CancellationToken stop = TestContext.Current.CancellationToken;
        await using PrivatePostgres server = await PrivatePostgres.StartNewAsync(stop: stop);
        await server.CreateDatabaseAsync("grid", stop);
        await using var folder = new SiloFolder(Charter);
        folder.Settings["CoopGrid__Storage"] = "postgres";
        folder.Settings["CoopGrid__ConnectionString"] = $"{server.ConnectionString("grid")};Command Timeout=3";
        SiloProcess silo = await folder.StartAsync();
        await Until.Admitted(silo.Clients, Question("before"));

        server.Freeze();
        TimeSpan longest = await LongestAsync(silo);
        server.Thaw();
        Assert.True(longest < Longest, $"A call was kept for {longest.TotalSeconds:F1} s; the silo wrote:\n{silo.Log}");
        await Until.True(async () => await AnswerAsync(silo, "after") == Outcome.Admitted, () => $"an answer after the database came back; the silo wrote:\n{silo.Log}");
        Assert.False(silo.HasExited);
    }

    /// <summary>Asks side by side until the time is over, and tells how long the longest call took.</summary>
    private static async Task<TimeSpan> LongestAsync(SiloProcess silo)
    {
        long started = TimeProvider.System.GetTimestamp();
        TimeSpan[] longest = await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            TimeSpan longest = TimeSpan.Zero;
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            for (int i = 0; TimeProvider.System.GetElapsedTime(started) < Hanging && await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken); i++)
            {
                long asked = TimeProvider.System.GetTimestamp();
                if (caller == 0) Assert.All(await BatchAsync(silo, $"{caller}-{i}"), outcome => Assert.Equal(Outcome.Unavailable, outcome));
                else Assert.Equal(Outcome.Unavailable, await AnswerAsync(silo, $"{caller}-{i}", bySender: caller % 2 == 1));
                TimeSpan took = TimeProvider.System.GetElapsedTime(asked);
                if (took > longest) longest = took;
            }

            return longest;
        }));
        return longest.Max();
    }

    private static async Task<Outcome> AnswerAsync(SiloProcess silo, string key, bool bySender = false)
    {
        try
        {
            AdmitRequest question = Question(key);
            if (bySender) question.Sender = "nobody's";
            return (await silo.Clients.Admission.AdmitAsync(question, cancellationToken: TestContext.Current.CancellationToken)).Outcome;
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.Unavailable)
        {
            return Outcome.Unavailable;
        }
    }

    private static async Task<IEnumerable<Outcome>> BatchAsync(SiloProcess silo, string key)
    {
        var batch = new AdmitBatchRequest();
        for (int i = 0; i < 4; i++) batch.Requests.Add(new AdmitRequest(Question($"{key}-{i}")) { Sender = $"nobody's-{i}" });
        return (await silo.Clients.Admission.AdmitBatchAsync(batch, cancellationToken: TestContext.Current.CancellationToken)).Replies.Select(reply => reply.Outcome);
    }

    private static AdmitRequest Question(string key) => new() { Coop = "test", Member = "alice", Units = 1, Key = key };
}
