using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>A silo takes so many requests at a time and sheds the rest at its edge, before any decision.</summary>
[Collection(ProcessCollection.Name)]
public sealed class InFlightTests
{
    // Nothing finds room within minutes; the first lane waits for it, the second does not.
    private static readonly string Charter = Charters.Of(
        [
            """
            "narrow": {
              "capacity": { "unitsPerSecond": 1, "burstUnits": 10000, "maxRequestUnits": 1000 },
              "lanes": [ { "name": "patient", "priority": "standard", "longestWaitMs": 10000 }, { "name": "hasty", "priority": "standard", "longestWaitMs": 0 } ],
              "price": { "targetPermille": 1000 } }
            """,
        ],
        [Charters.Member("m0", "narrow")]);

    /// <summary>Seen to fail with AdmissionDesk.TryEnter always true.</summary>
    [Fact]
    public async Task Requests_beyond_the_limit_are_UNAVAILABLE_at_once()
    {
        await using var folder = new SiloFolder(Charter);
        folder.Settings["CoopGrid__Grpc__MaxInFlight"] = "3";
        SiloProcess silo = await folder.StartAsync();
        using var leave = new CancellationTokenSource();
        Task<AdmitReply>[] calls =
            [.. Enumerable.Range(0, 5).Select(i => silo.Clients.Admission.AdmitAsync(Ask($"w{i}", "patient"), cancellationToken: leave.Token).ResponseAsync)];
        await Until.True(() => calls.Count(call => call.IsCompleted) >= 2, "two calls that are shed");
        foreach (Task<AdmitReply> call in calls.Where(call => call.IsCompleted))
        {
            RpcException shed = await Assert.ThrowsAsync<RpcException>(() => call);
            Assert.Equal(StatusCode.Unavailable, shed.StatusCode);
            Assert.Contains("under way", shed.Status.Detail, StringComparison.Ordinal);
        }

        AdmitBatchReply batch = await silo.Clients.Admission.AdmitBatchAsync(new() { Requests = { Ask("b", "hasty") } });
        Assert.Equal(Outcome.Unavailable, batch.Replies[0].Outcome);

        // Who waits is not disturbed.
        Assert.Equal(3, calls.Count(call => !call.IsCompleted));
        await leave.CancelAsync();
    }

    [Fact]
    public async Task A_batch_counts_with_each_of_its_requests()
    {
        await using var folder = new SiloFolder(Charter);
        folder.Settings["CoopGrid__Grpc__MaxInFlight"] = "3";
        SiloProcess silo = await folder.StartAsync();
        AdmitBatchReply four = await silo.Clients.Admission.AdmitBatchAsync(new() { Requests = { Enumerable.Range(0, 4).Select(i => Ask($"{i}", "hasty")) } });
        Assert.All(four.Replies, reply => Assert.Equal(Outcome.Unavailable, reply.Outcome));
        AdmitBatchReply three = await silo.Clients.Admission.AdmitBatchAsync(new() { Requests = { Enumerable.Range(0, 3).Select(i => Ask($"{i}", "hasty")) } });
        Assert.All(three.Replies, reply => Assert.Equal(Outcome.CapacityExceeded, reply.Outcome));
    }

    private static AdmitRequest Ask(string key, string lane) => new() { Coop = Charters.Coop, Member = "m0", Units = 1000, Key = key, Lane = lane };
}
