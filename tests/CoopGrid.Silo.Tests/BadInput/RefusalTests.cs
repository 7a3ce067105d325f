using CoopGrid.Protocol.V1;
using CoopGrid.Silo.Tests.Processes;
using Grpc.Core;
using Xunit;

namespace CoopGrid.Silo.Tests.BadInput;

/// <summary>Every row of SPEC.md §4 through gRPC: its outcome or status, and that nothing changed.</summary>
[Collection(QuietSiloCollection.Name)]
public sealed class RefusalTests(QuietSilo silo)
{
    public static TheoryData<string> Malformed => [.. MalformedRequests.All.Keys];

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Malformed_is_INVALID_ARGUMENT(string what)
    {
        Member before = await silo.Account(await silo.NewMember(QuietSilo.People));

        await QuietSilo.Fails(StatusCode.InvalidArgument, silo.Clients.Admission.AdmitAsync(MalformedRequests.Make(what, before.Member_)));
        await QuietSilo.Fails(StatusCode.InvalidArgument, silo.Clients.Admission.QuoteAsync(MalformedRequests.Make(what, before.Member_)));

        await silo.Unchanged(before);
    }

    [Fact]
    public async Task Names_of_128_bytes_are_taken()
    {
        string member = new('m', 128);
        await silo.Clients.Members.EnrollAsync(new() { Coop = Charters.Coop, Member = member, Class = QuietSilo.People });
        AdmitRequest request = QuietSilo.Ask(member);
        request.Key = new string('€', 42) + "kk";
        Assert.Equal(Outcome.Admitted, (await silo.Admit(request)).Outcome);
    }

    [Theory]
    [InlineData("units")]
    [InlineData("lane")]
    [InlineData("ticket")]
    [InlineData("dimensions")]
    public async Task A_known_key_with_another_payload_is_ALREADY_EXISTS(string changed)
    {
        AdmitRequest request = QuietSilo.Ask(await silo.NewMember(QuietSilo.People), units: 3);
        AdmitReply first = await silo.Admit(request);
        Member before = await silo.Account(request.Member);

        AdmitRequest other = request.Clone();
        if (changed == "units") other.Units = 4;
        if (changed == "lane") other.Lane = "standard";
        if (changed == "ticket") other.Ticket = "T1";
        if (changed == "dimensions")
        {
            other.Units = 0;
            other.Dimensions.Add("messages", 3);
        }

        await QuietSilo.Fails(StatusCode.AlreadyExists, silo.Clients.Admission.AdmitAsync(other));
        await silo.Unchanged(before);
        AdmitReply again = await silo.Admit(request);
        Assert.True(again.Replayed);
        again.Replayed = false;
        Assert.Equal(first, again);
        await silo.Unchanged(before);
    }

    [Fact]
    public async Task A_cancelled_key_is_FAILED_PRECONDITION_and_another_payload_comes_first()
    {
        AdmitRequest request = QuietSilo.Ask(await silo.NewMember(QuietSilo.People), units: 3);
        await silo.Admit(request);
        await silo.Clients.Admission.CancelAsync(new() { Coop = Charters.Coop, Member = request.Member, Key = request.Key });
        Member before = await silo.Account(request.Member);

        await QuietSilo.Fails(StatusCode.FailedPrecondition, silo.Clients.Admission.AdmitAsync(request));
        AdmitRequest other = request.Clone();
        other.Units = 4;
        await QuietSilo.Fails(StatusCode.AlreadyExists, silo.Clients.Admission.AdmitAsync(other));

        await silo.Unchanged(before);
    }

    [Theory]
    [InlineData("elsewhere")]
    [InlineData("")]
    [InlineData("Not A Word")]
    public async Task An_unknown_coop_is_NOT_FOUND(string coop)
    {
        AdmitRequest request = QuietSilo.Ask("anybody");
        request.Coop = coop;
        await QuietSilo.Fails(StatusCode.NotFound, silo.Clients.Admission.AdmitAsync(request));
        await QuietSilo.Fails(StatusCode.NotFound, silo.Clients.Admission.QuoteAsync(request));
        await QuietSilo.Fails(StatusCode.NotFound, silo.Clients.Members.GetAsync(new() { Coop = coop, Member = "anybody" }));
    }

    [Fact]
    public async Task An_unknown_member_or_sender_is_MEMBER_UNKNOWN_and_is_not_made()
    {
        AdmitReply member = await silo.Admit(QuietSilo.Ask("nobody"));
        Assert.Equal(Outcome.MemberUnknown, member.Outcome);
        Assert.NotEmpty(member.Reason);
        await QuietSilo.Fails(StatusCode.NotFound, silo.Clients.Members.GetAsync(new() { Coop = Charters.Coop, Member = "nobody" }));

        AdmitRequest bySender = QuietSilo.Ask("");
        bySender.Sender = "no address";
        Assert.Equal(Outcome.MemberUnknown, (await silo.Admit(bySender)).Outcome);
    }

    [Fact]
    public async Task An_entitlement_to_an_unknown_lane_is_refused_and_changes_nothing()
    {
        Member before = await silo.Account(await silo.NewMember(QuietSilo.People));
        RpcException refused = await QuietSilo.Fails(
            StatusCode.InvalidArgument,
            silo.Clients.Members.EntitleAsync(new() { Coop = Charters.Coop, Member = before.Member_, Lane = "express", Entitled = true }));
        Assert.Contains("critical, standard", refused.Status.Detail, StringComparison.Ordinal);
        await silo.Unchanged(before);
    }

    [Fact]
    public async Task A_suspended_member_is_MEMBER_SUSPENDED_and_its_known_keys_are_answered_the_same()
    {
        AdmitRequest known = QuietSilo.Ask(await silo.NewMember(QuietSilo.People));
        await silo.Admit(known);
        Member before = await silo.Clients.Members.SuspendAsync(
            new() { Coop = Charters.Coop, Member = known.Member, Suspended = true, Reason = "unpaid" });

        AdmitReply refused = await silo.Admit(QuietSilo.Ask(known.Member));
        Assert.Equal(Outcome.MemberSuspended, refused.Outcome);
        Assert.Contains("unpaid", refused.Reason, StringComparison.Ordinal);
        Assert.True((await silo.Admit(known)).Replayed);
        await silo.Unchanged(before);

        await silo.Clients.Members.SuspendAsync(new() { Coop = Charters.Coop, Member = known.Member, Suspended = false });
        Assert.Equal(Outcome.Admitted, (await silo.Admit(QuietSilo.Ask(known.Member))).Outcome);
    }

    [Theory]
    [InlineData("express", Outcome.LaneUnknown)]
    [InlineData("critical", Outcome.LaneForbidden)]
    public Task An_unknown_or_forbidden_lane_is_refused(string lane, Outcome expected) =>
        Refused(QuietSilo.People, request => request.Lane = lane, expected);

    [Fact]
    public Task A_ticket_that_nobody_gave_is_TICKET_INVALID() =>
        Refused(QuietSilo.People, request => request.Ticket = "T1", Outcome.TicketInvalid);

    [Fact]
    public async Task A_price_above_the_limit_is_refused_unless_the_baseline_covers_it()
    {
        AdmitReply refused = await Refused(
            QuietSilo.People,
            request =>
            {
                request.Units = 11;
                request.MaxMultiplierPermille = 1499;
            },
            Outcome.PriceAboveLimit);
        Assert.Equal(1500, refused.MultiplierPermille);

        AdmitRequest covered = QuietSilo.Ask(await silo.NewMember(QuietSilo.People), units: 10);
        covered.MaxMultiplierPermille = 1499;
        Assert.Equal(Outcome.Admitted, (await silo.Admit(covered)).Outcome);
        AdmitRequest within = QuietSilo.Ask(covered.Member, units: 1);
        within.MaxMultiplierPermille = 1500;
        AdmitReply surged = await silo.Admit(within);
        Assert.Equal((Outcome.Admitted, 1L, 1500), (surged.Outcome, surged.Covered.Surged, surged.MultiplierPermille));
    }

    [Fact]
    public async Task Without_room_it_is_CAPACITY_EXCEEDED_with_a_time_to_retry()
    {
        AdmitReply refused = await Refused(QuietSilo.Narrow, request => request.Units = 1000, Outcome.CapacityExceeded);
        Assert.InRange(refused.RetryAfterMs, 1, 1_000_000);
    }

    private async Task<AdmitReply> Refused(string @class, Action<AdmitRequest> change, Outcome expected)
    {
        Member before = await silo.Account(await silo.NewMember(@class));
        AdmitRequest request = QuietSilo.Ask(before.Member_);
        change(request);

        AdmitReply quoted = await silo.Clients.Admission.QuoteAsync(request);
        AdmitReply reply = await silo.Admit(request);

        Assert.Equal(expected, quoted.Outcome);
        Assert.Equal(expected, reply.Outcome);
        Assert.NotEmpty(reply.Reason);
        await silo.Unchanged(before);
        return reply;
    }
}
