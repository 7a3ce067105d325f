using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>Batches and streams: every item has its own outcome, in the order asked.</summary>
[Collection(QuietSiloCollection.Name)]
public sealed class BatchTests(QuietSilo silo)
{
    private const int MostRequests = 4096;

    [Fact]
    public async Task Every_item_has_its_own_outcome_and_only_the_good_ones_are_charged()
    {
        Member before = await silo.Account(await silo.NewMember(QuietSilo.People));
        string narrow = await silo.NewMember(QuietSilo.Narrow);
        List<(AdmitRequest Request, Outcome Expected)> items = [.. MalformedRequests.All.Keys.Select(what => (MalformedRequests.Make(what, before.Member_), Outcome.Invalid))];
        AdmitRequest good = QuietSilo.Ask(before.Member_, units: 2);
        AdmitRequest conflicting = good.Clone();
        conflicting.Units = 3;
        items.Insert(3, (good, Outcome.Admitted));
        items.Insert(7, (With(request => request.Coop = "elsewhere"), Outcome.CoopUnknown));
        items.Insert(9, (conflicting, Outcome.KeyConflict));
        items.Insert(11, (QuietSilo.Ask("nobody"), Outcome.MemberUnknown));
        items.Insert(13, (With(request => request.Lane = "express"), Outcome.LaneUnknown));
        items.Insert(14, (With(request => request.Lane = "critical"), Outcome.LaneForbidden));
        items.Insert(15, (With(request => request.Ticket = "T1"), Outcome.TicketInvalid));
        items.Insert(16, (With(request => (request.Units, request.MaxMultiplierPermille) = (30, 1200)), Outcome.PriceAboveLimit));
        items.Insert(17, (QuietSilo.Ask(narrow, units: 1000), Outcome.CapacityExceeded));
        items.Add((QuietSilo.Ask(before.Member_, units: 1), Outcome.Admitted));
        items.Add((QuietSilo.Ask(before.Member_, units: 40), Outcome.QuotaExceeded));
        items.Add((good, Outcome.Admitted));

        AdmitBatchReply reply = await Decide([.. items.Select(item => item.Request)]);

        Assert.Equal(items.Select(item => item.Expected), reply.Replies.Select(answer => answer.Outcome));
        Assert.True(reply.Replies[^1].Replayed);
        Assert.All(reply.Replies, answer => Assert.True(answer.Outcome == Outcome.Admitted || answer.Reason.Length > 0, $"{answer} has no reason"));
        Member after = await silo.Account(before.Member_);

        // The two admissions, and the beginning of the epoch before them.
        Assert.Equal((before.Sequence + 3, before.TotalUnits + 3), (after.Sequence, after.TotalUnits));

        AdmitRequest With(Action<AdmitRequest> change)
        {
            AdmitRequest request = QuietSilo.Ask(before.Member_);
            change(request);
            return request;
        }
    }

    [Fact]
    public async Task The_largest_batch_is_decided_and_a_larger_one_changes_nothing()
    {
        Member before = await silo.Account(await silo.NewMember(QuietSilo.Narrow));
        var batch = new AdmitBatchRequest();
        batch.Requests.AddRange(Enumerable.Range(0, MostRequests + 1).Select(i => new AdmitRequest { Coop = Charters.Coop, Member = before.Member_, Units = 1, Key = $"{i}" }));
        RpcException failure = await QuietSilo.Fails(StatusCode.InvalidArgument, silo.Clients.Admission.AdmitBatchAsync(batch));
        Assert.Contains("4096", failure.Status.Detail, StringComparison.Ordinal);
        await silo.Unchanged(before);

        batch.Requests.RemoveAt(MostRequests);
        Assert.Equal(MostRequests, (await silo.Clients.Admission.AdmitBatchAsync(batch)).Replies.Count);
    }

    [Fact]
    public async Task An_empty_batch_has_an_empty_answer() => Assert.Empty((await Decide()).Replies);

    [Fact]
    public async Task A_stream_answers_in_the_order_sent()
    {
        string[] members = [await silo.NewMember(QuietSilo.People), await silo.NewMember(QuietSilo.Capped), await silo.NewMember(QuietSilo.Narrow)];
        using AsyncDuplexStreamingCall<AdmitBatchRequest, AdmitBatchReply> stream = silo.Clients.Admission.AdmitStream();

        // Of different sizes and units, so that no answer can stand for another; more than the door keeps under way.
        for (int i = 0; i < 100; i++)
        {
            var batch = new AdmitBatchRequest();
            for (int j = 0; j <= i % 7; j++) batch.Requests.Add(QuietSilo.Ask(members[(i + j) % members.Length], units: 1 + (i % 30)));
            await stream.RequestStream.WriteAsync(batch, QuietSilo.Stop);
        }

        await stream.RequestStream.CompleteAsync();
        int answered = 0;
        await foreach (AdmitBatchReply reply in stream.ResponseStream.ReadAllAsync(QuietSilo.Stop))
        {
            Assert.Equal(1 + (answered % 7), reply.Replies.Count);
            Assert.All(reply.Replies, answer => Assert.Equal(1 + (answered % 30), answer.Units));
            answered++;
        }

        Assert.Equal(100, answered);
    }

    [Fact]
    public async Task A_stream_ends_with_INVALID_ARGUMENT_at_an_oversized_batch_after_answering_what_came_before()
    {
        string member = await silo.NewMember(QuietSilo.People);
        using AsyncDuplexStreamingCall<AdmitBatchRequest, AdmitBatchReply> stream = silo.Clients.Admission.AdmitStream();
        await stream.RequestStream.WriteAsync(new() { Requests = { QuietSilo.Ask(member) } }, QuietSilo.Stop);
        var large = new AdmitBatchRequest();
        large.Requests.AddRange(Enumerable.Repeat(QuietSilo.Ask(member), MostRequests + 1));
        await stream.RequestStream.WriteAsync(large, QuietSilo.Stop);

        Assert.True(await stream.ResponseStream.MoveNext(QuietSilo.Stop));
        Assert.Equal(Outcome.Admitted, stream.ResponseStream.Current.Replies[0].Outcome);
        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(QuietSilo.Stop));
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        Assert.Equal(1, (await silo.Account(member)).TotalUnits);
    }

    private async Task<AdmitBatchReply> Decide(params AdmitRequest[] requests)
    {
        var batch = new AdmitBatchRequest();
        batch.Requests.AddRange(requests);
        return await silo.Clients.Admission.AdmitBatchAsync(batch, cancellationToken: QuietSilo.Stop);
    }
}
