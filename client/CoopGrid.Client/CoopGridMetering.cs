using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>Meters' reports. A report is accepted once by its sequence number, so it is repeated while nothing is known.</summary>
public sealed class CoopGridMetering
{
    private readonly RetryLoop _loop;

    internal CoopGridMetering(RetryLoop loop) => _loop = loop;

    public Task<ReportUsageReply> ReportAsync(ReportUsageRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).ReportUsageAsync(request, o), stop);

    /// <summary>Up to 4,096 reports, each with its own outcome, in order.</summary>
    public Task<ReportUsageBatchReply> ReportBatchAsync(ReportUsageBatchRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, o) => Of(invoker).ReportUsageBatchAsync(request, o), stop);

    private static Metering.MeteringClient Of(CallInvoker invoker) => new(invoker);
}
