using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>A disk that fills up under a running silo: UNAVAILABLE until there is room again, without a restart (DESIGN.md §2, L7).</summary>
[Collection(ProcessCollection.Name)]
public sealed class FullDiskTests
{
    private const string Class = """ "people": { "capacity": { "unitsPerSecond": 100000, "burstUnits": 200000, "maxRequestUnits": 50 } } """;

    private static readonly string Charter = Charters.Of([Class], [Charters.Member("alice", "people")]);

    [Fact]
    public async Task A_full_disk_is_UNAVAILABLE_and_the_silo_goes_on_when_there_is_room()
    {
        await using var folder = new SiloFolder(Charter);
        folder.Settings["CoopGrid__Checkpoints__MaxAgeMs"] = "200";
        SiloProcess silo = await folder.StartAsync();
        AdmitReply first = await Until.Admitted(silo.Clients, Ask("before", 5));

        // Enough for what follows: nothing flows in that a commit would take.
        await Room(silo);
        FileLimit.Fill(silo.Id);
        RpcException unknown = await QuietSilo.Fails(StatusCode.Unavailable, silo.Clients.Admission.AdmitAsync(Ask("during", 7)));
        Assert.Contains("same key", unknown.Status.Detail, StringComparison.Ordinal);
        await Until.True(async () => !await silo.IsHealthy(), () => "an unhealthy silo while the disk is full");
        for (int i = 0; i < 20; i++)
        {
            await QuietSilo.Fails(StatusCode.Unavailable, silo.Clients.Admission.AdmitAsync(Ask($"refused {i}", 9)));
            AdmitBatchReply batch = await silo.Clients.Admission.AdmitBatchAsync(new() { Requests = { Ask("in a batch", 9) } });
            Assert.Equal(Outcome.Unavailable, batch.Replies[0].Outcome);
        }

        FileLimit.Free(silo.Id);
        await silo.Serving();
        Assert.False(silo.HasExited);
        AdmitReply again = await silo.Clients.Admission.AdmitAsync(Ask("before", 5));
        Assert.True(again.Replayed);
        Assert.Equal(first.WindowUsageUnits, again.WindowUsageUnits);

        // What was unknown is known now, and charged once either way.
        await Until.Admitted(silo.Clients, Ask("during", 7));
        await Until.Admitted(silo.Clients, Ask("after", 1));
        await Holds(silo, 13);

        await silo.KillAsync();
        silo = await folder.StartAsync();
        Assert.True((await silo.Clients.Admission.AdmitAsync(Ask("during", 7))).Replayed);
        await Holds(silo, 13);
    }

    private static Task Room(SiloProcess silo) => Until.True(
        async () => (await silo.Clients.Admission.QuoteAsync(Ask("quoted", 50))).Outcome == Outcome.Admitted, () => "room");

    private static async Task Holds(SiloProcess silo, long units)
    {
        Member account = await silo.Clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = "alice" });
        Assert.Equal(units, account.TotalUnits);
        await Until.True(
            async () => (await silo.Clients.Classes.GetStateAsync(new() { Coop = Charters.Coop, Class = "people" })).UsageUnits == units,
            () => $"S = {units}");
    }

    private static AdmitRequest Ask(string key, long units) => new() { Coop = Charters.Coop, Member = "alice", Key = key, Units = units };
}
