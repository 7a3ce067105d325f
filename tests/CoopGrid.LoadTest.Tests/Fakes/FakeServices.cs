using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.LoadTest.Tests.Fakes;

internal sealed class FakeAdmission(FakeGrid grid) : Admission.AdmissionBase
{
    public override async Task<AdmitReply> Admit(AdmitRequest request, ServerCallContext context)
    {
        AdmitReply reply = await DecideAsync(request);
        return reply.Outcome switch
        {
            Outcome.Unavailable => throw new RpcException(new Status(StatusCode.Unavailable, "told to fail")),
            Outcome.KeyCancelled => throw new RpcException(new Status(StatusCode.FailedPrecondition, "cancelled")),
            _ => reply,
        };
    }

    public override async Task<AdmitBatchReply> AdmitBatch(AdmitBatchRequest request, ServerCallContext context)
    {
        var reply = new AdmitBatchReply();
        foreach (AdmitRequest item in request.Requests) reply.Replies.Add(await DecideAsync(item));
        return reply;
    }

    public override async Task AdmitStream(
        IAsyncStreamReader<AdmitBatchRequest> requests, IServerStreamWriter<AdmitBatchReply> replies, ServerCallContext context)
    {
        while (await requests.MoveNext()) await replies.WriteAsync(await AdmitBatch(requests.Current, context));
    }

    public override Task<AdmitReply> Quote(AdmitRequest request, ServerCallContext context) => Task.FromResult(grid.Decide(request, quote: true));

    public override Task<CancelReply> Cancel(CancelRequest request, ServerCallContext context)
    {
        if (grid.Fails()) throw new RpcException(new Status(StatusCode.Unavailable, "told to fail"));
        return Task.FromResult(new CancelReply
        {
            ReturnedUnits = grid.Cancel(request) ?? throw new RpcException(new Status(StatusCode.NotFound, "no such key")),
        });
    }

    private async Task<AdmitReply> DecideAsync(AdmitRequest request)
    {
        await grid.StallAsync();
        if (grid.Fails()) return new() { Outcome = Outcome.Unavailable };
        AdmitReply reply = grid.Decide(request);
        if (grid.Homes.TryGetValue(request.Member, out Uri? home)) reply.Home = home.OriginalString;
        return reply.Outcome is Outcome.Admitted or Outcome.Deferred && grid.Loses() ? new() { Outcome = Outcome.Unavailable } : reply;
    }
}

internal sealed class FakeClasses(FakeGrid grid) : Classes.ClassesBase
{
    public override Task<ClassState> GetState(GetClassStateRequest request, ServerCallContext context) => request.Class == FakeGrid.Class
        ? Task.FromResult(grid.State())
        : throw new RpcException(new Status(StatusCode.NotFound, $"No class '{request.Class}' in '{request.Coop}'."));

    public override Task<ClassPolicyReply> GetPolicy(GetClassPolicyRequest request, ServerCallContext context) =>
        Task.FromResult(new ClassPolicyReply { Version = 1, PolicyJson = grid.PolicyJson });
}

internal sealed class FakeMembers(FakeGrid grid) : Members.MembersBase
{
    public override Task<EnrollBatchReply> EnrollBatch(EnrollBatchRequest request, ServerCallContext context)
    {
        int enrolled = grid.Enroll(request.Members);
        return Task.FromResult(new EnrollBatchReply { Enrolled = enrolled, Known = request.Members.Count - enrolled });
    }

    public override Task<Member> Get(GetMemberRequest request, ServerCallContext context) => Change(request.Member, _ => { });

    public override Task<Member> Suspend(SuspendRequest request, ServerCallContext context) =>
        Change(request.Member, member => member.Suspended = request.Suspended);

    public override async Task<ExitReply> Exit(ExitRequest request, ServerCallContext context) =>
        new() { Member = await Change(request.Member, _ => { }), BillNumber = 7 };

    public override Task<Member> Entitle(EntitleRequest request, ServerCallContext context) =>
        Change(request.Member, member => member.Entitlements.Add(request.Lane));

    public override Task<Member> RegisterMeter(RegisterMeterRequest request, ServerCallContext context)
    {
        grid.RegisterMeter(request.Meter, request.Member);
        return Change(request.Member, _ => { });
    }

    public override Task<ListMembersReply> List(ListMembersRequest request, ServerCallContext context)
    {
        var reply = new ListMembersReply();
        reply.Members.AddRange(grid.List(request.After, request.Limit == 0 ? 1000 : request.Limit));
        return Task.FromResult(reply);
    }

    private Task<Member> Change(string member, Action<FakeMember> change) =>
        Task.FromResult(grid.Change(member, change) ?? throw new RpcException(new Status(StatusCode.NotFound, "No such member.")));
}

internal sealed class FakeMetering(FakeGrid grid) : Metering.MeteringBase
{
    public override Task<ReportUsageReply> ReportUsage(ReportUsageRequest request, ServerCallContext context) => Task.FromResult(grid.Report(request));

    public override Task<ReportUsageBatchReply> ReportUsageBatch(ReportUsageBatchRequest request, ServerCallContext context)
    {
        if (grid.Fails()) throw new RpcException(new Status(StatusCode.Unavailable, "told to fail"));
        var reply = new ReportUsageBatchReply();
        reply.Replies.AddRange(request.Requests.Select(grid.Report));
        return Task.FromResult(reply);
    }
}
