using CoopGrid.Grains.Ledger;
using CoopGrid.Interfaces;
using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Silo.Grpc;

/// <summary>The operator's door to accounts.</summary>
internal sealed class MembersService(MemberGrains members, Coops coops, Senders senders, IMemberDirectory directory) : Members.MembersBase
{
    private const int MaxPage = 10_000;
    private const int DefaultPage = 1000;

    public override async Task<Member> Enroll(EnrollRequest request, ServerCallContext context)
    {
        IMemberGrain member = await Find(request.Coop, request.Member);
        return ToMember(Expect(await member.Enroll(Word(request.Class, "class"))));
    }

    public override async Task<EnrollBatchReply> EnrollBatch(EnrollBatchRequest request, ServerCallContext context)
    {
        if (request.Members.Count > AdmissionService.MaxBatch)
            throw Fail(StatusCode.InvalidArgument, $"A batch holds at most {AdmissionService.MaxBatch} members.");
        Word(request.Class, "class");
        foreach (string name in request.Members) Name(name, "member");
        MemberAnswer[] answers = await Task.WhenAll(request.Members.Select(async name =>
            Expect(await (await Find(request.Coop, name)).Enroll(request.Class))));
        int enrolled = answers.Count(answer => answer.Outcome == MemberOutcome.Changed);
        return new() { Enrolled = enrolled, Known = answers.Length - enrolled };
    }

    public override async Task<Member> Get(GetMemberRequest request, ServerCallContext context)
    {
        MemberState state = await (await Find(request.Coop, request.Member)).GetState();
        if (state.Status == Model.MemberStatus.Unknown) throw Fail(StatusCode.NotFound, $"There is no member '{request.Member}'.");
        Member member = ToMember(state);
        member.Senders.AddRange(await directory.ListSendersAsync(request.Coop, request.Member, context.CancellationToken));
        return member;
    }

    public override async Task<ListMembersReply> List(ListMembersRequest request, ServerCallContext context)
    {
        if (request.Limit is < 0 or > MaxPage) throw Fail(StatusCode.InvalidArgument, $"limit must be 0 to {MaxPage}.");
        if (!await coops.ExistsAsync(request.Coop)) throw Fail(StatusCode.NotFound, $"There is no co-op '{request.Coop}'.");
        int limit = request.Limit == 0 ? DefaultPage : request.Limit;
        string? @class = request.Class.Length == 0 ? null : request.Class;
        IReadOnlyList<DirectoryChange> rows =
            await directory.ListMembersAsync(request.Coop, @class, request.After, limit, context.CancellationToken);
        MemberState[] states = await Task.WhenAll(rows.Select(row => members.Of(row.Member).GetState().AsTask()));
        var reply = new ListMembersReply();
        reply.Members.AddRange(states.Select(ToMember));
        return reply;
    }

    public override async Task<Member> Suspend(SuspendRequest request, ServerCallContext context)
    {
        if (request.Reason.Length > 512) throw Fail(StatusCode.InvalidArgument, "reason must be at most 512 characters.");
        IMemberGrain member = await Find(request.Coop, request.Member);
        return ToMember(Expect(await member.Suspend(request.Suspended, request.Reason)));
    }

    public override async Task<ExitReply> Exit(ExitRequest request, ServerCallContext context)
    {
        if (request.Reason.Length > 512) throw Fail(StatusCode.InvalidArgument, "reason must be at most 512 characters.");
        ExitAnswer answer = await (await Find(request.Coop, request.Member)).Exit(request.Reason);
        Member member = ToMember(Expect(new MemberAnswer(answer.Outcome, answer.State, answer.Reason)));
        return new() { Member = member, BillNumber = answer.BillNumber, Repeated = answer.Outcome == MemberOutcome.Unchanged };
    }

    public override async Task<Member> BindSender(BindSenderRequest request, ServerCallContext context)
    {
        MemberState state = await Enrolled(request.Coop, request.Member);
        SenderBinding binding =
            await senders.BindAsync(request.Coop, Name(request.Sender, "sender"), request.Member, context.CancellationToken);
        if (binding == SenderBinding.HeldByAnother) throw Fail(StatusCode.AlreadyExists, $"Sender '{request.Sender}' is bound to another member.");
        return await WithSenders(state, context.CancellationToken);
    }

    public override async Task<Member> UnbindSender(BindSenderRequest request, ServerCallContext context)
    {
        MemberState state = await Enrolled(request.Coop, request.Member);
        bool unbound = await senders.UnbindAsync(request.Coop, Name(request.Sender, "sender"), request.Member, context.CancellationToken);
        if (!unbound) throw Fail(StatusCode.NotFound, $"Sender '{request.Sender}' is not bound to this member.");
        return await WithSenders(state, context.CancellationToken);
    }

    public override async Task<Member> Entitle(EntitleRequest request, ServerCallContext context)
    {
        IMemberGrain member = await Find(request.Coop, request.Member);
        return ToMember(Expect(await member.Entitle(Word(request.Lane, "lane"), request.Entitled)));
    }

    public override async Task<Member> RegisterMeter(RegisterMeterRequest request, ServerCallContext context)
    {
        await Enrolled(request.Coop, request.Member);
        SenderBinding binding =
            await directory.RegisterMeterAsync(request.Coop, Name(request.Meter, "meter"), request.Member, context.CancellationToken);
        if (binding == SenderBinding.HeldByAnother) throw Fail(StatusCode.AlreadyExists, $"Meter '{request.Meter}' reports for another member.");
        return ToMember(Expect(await members.Of(new(request.Coop, request.Member)).RegisterMeter(request.Meter)));
    }

    private async Task<IMemberGrain> Find(string coop, string member)
    {
        if (!await coops.ExistsAsync(coop)) throw Fail(StatusCode.NotFound, $"There is no co-op '{coop}'.");
        return members.Of(new(coop, Name(member, "member")));
    }

    private async Task<MemberState> Enrolled(string coop, string member)
    {
        MemberState state = await (await Find(coop, member)).GetState();
        return state.Status is Model.MemberStatus.Active or Model.MemberStatus.Suspended
            ? state
            : throw Fail(StatusCode.NotFound, $"There is no member '{member}'.");
    }

    private async Task<Member> WithSenders(MemberState state, CancellationToken cancellation)
    {
        Member member = ToMember(state);
        member.Senders.AddRange(await directory.ListSendersAsync(state.Member.Coop, state.Member.Member, cancellation));
        return member;
    }

    private static MemberAnswer Expect(MemberAnswer answer) => answer.Outcome switch
    {
        MemberOutcome.Changed or MemberOutcome.Unchanged => answer,
        MemberOutcome.MemberUnknown or MemberOutcome.ClassUnknown => throw Fail(StatusCode.NotFound, answer.Reason),
        MemberOutcome.Unavailable => throw Fail(StatusCode.Unavailable, answer.Reason),
        MemberOutcome.LaneUnknown => throw Fail(StatusCode.InvalidArgument, answer.Reason),
        _ => throw Fail(StatusCode.FailedPrecondition, answer.Reason),
    };

    private static Member ToMember(MemberAnswer answer) => ToMember(answer.State);

    private static Member ToMember(MemberState state)
    {
        var member = new Member
        {
            Coop = state.Member.Coop,
            Member_ = state.Member.Member,
            Class = state.Class,
            Status = (Protocol.V1.MemberStatus)(int)state.Status,
            WindowUsageUnits = state.WindowUsageUnits,
            Slice = state.Slice,
            BaselineRemainingUnits = state.BaselineRemainingUnits,
            TotalUnits = state.TotalUnits,
            EnrolledUnixMs = state.Enrolled.UnixMs,
            Sequence = state.Sequence,
        };
        member.Entitlements.AddRange(state.Entitlements);
        if (state.Bank is { } bank) member.Bank = new() { Saved = bank.Saved, Spent = bank.Spent, Decayed = bank.Decayed, Held = bank.Held };
        if (state.Reservation is { } running)
        {
            member.Reservation = new()
            {
                UnitsPerSecond = running.UnitsPerSecond,
                UsableUnits = running.UsableUnits,
                StartsUnixMs = running.Starts.UnixMs,
                EndsUnixMs = running.Ends.UnixMs,
            };
        }

        return member;
    }

    private static string Name(string name, string what) =>
        Ids.IsName(name) ? name : throw Fail(StatusCode.InvalidArgument, AdmissionMapping.BadName(what));

    private static string Word(string word, string what) => Ids.IsWord(word)
        ? word
        : throw Fail(StatusCode.InvalidArgument, $"The {what} must be a word of lower-case letters, digits, '-' and '_', at most {Ids.MaxWord} long.");

    private static RpcException Fail(StatusCode code, string reason) => new(new Status(code, reason));
}
