using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>Bills. Questions are repeated at the next address while nothing is known.</summary>
public sealed class CoopGridBilling
{
    private readonly RetryLoop _loop;

    internal CoopGridBilling(RetryLoop loop) => _loop = loop;

    /// <summary>The member's bill as if its epoch ended with the running slice.</summary>
    public Task<Bill> GetProjectedBillAsync(string coop, string member, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetProjectedBillAsync(new() { Coop = coop, Member = member }, o), stop);

    private static Billing.BillingClient Of(CallInvoker invoker) => new(invoker);
}
