using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>Bills and the books. Questions are repeated at the next address while nothing is known; a credit too, since its key makes that harmless.</summary>
public sealed class CoopGridBilling
{
    private readonly RetryLoop _loop;

    internal CoopGridBilling(RetryLoop loop) => _loop = loop;

    /// <summary>A page of bills.</summary>
    public Task<ListBillsReply> ListPageAsync(ListBillsRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).ListBillsAsync(request, o), stop);

    /// <summary>One bill in full.</summary>
    public Task<BillReply> GetAsync(string coop, long number, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetBillAsync(new() { Coop = coop, Number = number }, o), stop);

    /// <summary>Bills as a file, part after part. Ends with an <see cref="RpcException"/> if the connection does; what has come is then of no use.</summary>
    public IAsyncEnumerable<ExportPart> ExportAsync(ExportBillsRequest request, CancellationToken stop = default) =>
        Of(_loop.Ring.Current.Invoker).ExportBills(request, cancellationToken: stop).ResponseStream.ReadAllAsync(stop);

    /// <summary>The member's bill as if its epoch ended with the running slice.</summary>
    public Task<Bill> GetProjectedBillAsync(string coop, string member, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetProjectedBillAsync(new() { Coop = coop, Member = member }, o), stop);

    /// <summary>How far a closing has come.</summary>
    public Task<ClosingReply> GetClosingAsync(GetClosingRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetClosingAsync(request, o), stop);

    /// <summary>Posts a credit, once for each key.</summary>
    public Task<PostCreditReply> PostCreditAsync(PostCreditRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).PostCreditAsync(request, o), stop);

    /// <summary>What the accounts hold.</summary>
    /// <param name="member">Whose account is wanted too; empty = nobody's.</param>
    public Task<BalancesReply> GetBalancesAsync(string coop, string member = "", CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetBalancesAsync(new() { Coop = coop, Member = member }, o), stop);

    private static Billing.BillingClient Of(CallInvoker invoker) => new(invoker);
}
