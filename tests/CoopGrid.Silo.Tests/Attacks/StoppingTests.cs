using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.Attacks;

/// <summary>SIGTERM while relays and watchers keep their streams open.</summary>
[Collection(ProcessCollection.Name)]
public sealed class StoppingTests
{
    private const string People =
        """
        "people": { "capacity": { "unitsPerSecond": 1000, "burstUnits": 1000, "maxRequestUnits": 10 } }
        """;

    [Fact]
    public async Task Open_streams_do_not_hold_a_silo_that_stops()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using var folder = new SiloFolder(Charters.Of([People], [Charters.Member("ann", "people")]));
        SiloProcess silo = await folder.StartAsync();
        using AsyncServerStreamingCall<ClassState> watch =
            silo.Clients.Classes.Watch(new() { Coop = Charters.Coop, Class = "people" }, cancellationToken: cancellation);
        Assert.True(await watch.ResponseStream.MoveNext(cancellation));
        using AsyncDuplexStreamingCall<AdmitBatchRequest, AdmitBatchReply> stream =
            silo.Clients.Admission.AdmitStream(cancellationToken: cancellation);
        var batch = new AdmitBatchRequest();
        batch.Requests.Add(new AdmitRequest { Coop = Charters.Coop, Member = "ann", Key = "k", Units = 1 });
        await stream.RequestStream.WriteAsync(batch, cancellation);
        Assert.True(await stream.ResponseStream.MoveNext(cancellation));

        // Seen to take the host's 30 s, and then to leave the ledger unclosed.
        long begun = TimeProvider.System.GetTimestamp();
        silo.Terminate();
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(cancellation))).StatusCode);
        Assert.Equal(0, await silo.ExitAsync());
        Assert.True(TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(15), silo.Log);
        Assert.DoesNotContain("failed to stop", silo.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_reached_no_account_is_no_error_of_the_silo()
    {
        await using var folder = new SiloFolder(Charters.Of([People], [Charters.Member("ann", "people")]));
        SiloProcess silo = await folder.StartAsync();
        for (int i = 0; i < 3; i++)
        {
            AdmitReply reply = await silo.Clients.Admission.AdmitAsync(
                new() { Coop = Charters.Coop, Member = "bob/#1", Key = "k", Units = 1 }, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(Outcome.MemberUnknown, reply.Outcome);
            RpcException missing = await Assert.ThrowsAsync<RpcException>(async () => await silo.Clients.Classes.GetStateAsync(
                new() { Coop = Charters.Coop, Class = "nobody" }, cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal(StatusCode.NotFound, missing.StatusCode);
        }

        Member member = await silo.Clients.Members.EnrollAsync(
            new() { Coop = Charters.Coop, Member = "bob/#1", Class = "people" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(MemberStatus.Active, member.Status);
        RpcException malformed = await Assert.ThrowsAsync<RpcException>(async () => await silo.Clients.Admission.AdmitAsync(
            new() { Coop = Charters.Coop, Sender = "nobody's", Key = "k", Units = -1 }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(StatusCode.InvalidArgument, malformed.StatusCode);
    }
}
