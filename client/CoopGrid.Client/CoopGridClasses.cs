using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>The public state of customer classes. Questions are repeated at the next address while nothing is known.</summary>
public sealed class CoopGridClasses
{
    private readonly RetryLoop _loop;

    internal CoopGridClasses(RetryLoop loop) => _loop = loop;

    /// <summary>The class as it stands.</summary>
    public Task<ClassState> GetStateAsync(string coop, string name, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetStateAsync(new() { Coop = coop, Class = name }, o), stop);

    /// <summary>The state now and whenever it changes. Ends with an <see cref="RpcException"/> if the connection does.</summary>
    public IAsyncEnumerable<ClassState> WatchAsync(string coop, string name, CancellationToken stop = default) =>
        Of(_loop.Ring.Current.Invoker).Watch(new() { Coop = coop, Class = name }, cancellationToken: stop).ResponseStream.ReadAllAsync(stop);

    /// <summary>The policy in force and the next.</summary>
    public Task<ClassPolicyReply> GetPolicyAsync(string coop, string name, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetPolicyAsync(new() { Coop = coop, Class = name }, o), stop);

    /// <summary>The price of every control period, oldest first.</summary>
    public IAsyncEnumerable<PricePeriod> GetPriceHistoryAsync(GetPriceHistoryRequest request, CancellationToken stop = default) =>
        Of(_loop.Ring.Current.Invoker).GetPriceHistory(request, cancellationToken: stop).ResponseStream.ReadAllAsync(stop);

    /// <summary>Usage by slice, oldest first.</summary>
    public Task<MeanHistory> GetMeanHistoryAsync(string coop, string name, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).GetMeanHistoryAsync(new() { Coop = coop, Class = name }, o), stop);

    private static Classes.ClassesClient Of(CallInvoker invoker) => new(invoker);
}
