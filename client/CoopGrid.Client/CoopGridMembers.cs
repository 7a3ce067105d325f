using System.Runtime.CompilerServices;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>Accounts. Every call may be repeated, and is while nothing is known.</summary>
public sealed class CoopGridMembers
{
    private readonly RetryLoop _loop;

    internal CoopGridMembers(RetryLoop loop) => _loop = loop;

    public Task<Member> EnrollAsync(EnrollRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).EnrollAsync(request, o), stop);

    public Task<EnrollBatchReply> EnrollBatchAsync(EnrollBatchRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).EnrollBatchAsync(request, o), stop);

    public Task<Member> GetAsync(string coop, string member, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetAsync(new() { Coop = coop, Member = member }, o), stop);

    public Task<ListMembersReply> ListPageAsync(ListMembersRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).ListAsync(request, o), stop);

    /// <summary>All members of a class (all of the co-op if empty), in the order of their names, page by page.</summary>
    public async IAsyncEnumerable<Member> ListAsync(string coop, string name, int page = 5000, [EnumeratorCancellation] CancellationToken stop = default)
    {
        string after = "";
        while (true)
        {
            ListMembersReply reply = await ListPageAsync(new() { Coop = coop, Class = name, After = after, Limit = page }, stop);
            foreach (Member member in reply.Members) yield return member;
            if (reply.Members.Count < page) yield break;
            after = reply.Members[^1].Member_;
        }
    }

    public Task<Member> SuspendAsync(SuspendRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).SuspendAsync(request, o), stop);

    /// <summary>Ends the membership for good; a repeat answers the same.</summary>
    public Task<ExitReply> ExitAsync(ExitRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).ExitAsync(request, o), stop);

    public Task<Member> BindSenderAsync(BindSenderRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).BindSenderAsync(request, o), stop);

    public Task<Member> UnbindSenderAsync(BindSenderRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).UnbindSenderAsync(request, o), stop);

    public Task<Member> EntitleAsync(EntitleRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).EntitleAsync(request, o), stop);

    public Task<Member> RegisterMeterAsync(RegisterMeterRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).RegisterMeterAsync(request, o), stop);

    private static Members.MembersClient Of(CallInvoker invoker) => new(invoker);
}
