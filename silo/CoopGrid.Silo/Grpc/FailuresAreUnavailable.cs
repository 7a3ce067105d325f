using Grpc.Core;
using Grpc.Core.Interceptors;

namespace CoopGrid.Silo.Grpc;

/// <summary>What no door foresaw is a failure of the infrastructure: UNAVAILABLE (SPEC.md §4), with its cause in the log only.</summary>
internal sealed partial class FailuresAreUnavailable(ILogger<FailuresAreUnavailable> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception failure) when (IsOurs(failure, context))
        {
            throw Unavailable(failure, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception failure) when (IsOurs(failure, context))
        {
            throw Unavailable(failure, context);
        }
    }

    private static bool IsOurs(Exception failure, ServerCallContext context) =>
        failure is not RpcException && !context.CancellationToken.IsCancellationRequested;

    private RpcException Unavailable(Exception failure, ServerCallContext context)
    {
        LogFailed(failure, context.Method);
        return new(new Status(StatusCode.Unavailable, "The grid could not answer; ask again."));
    }

    [LoggerMessage(LogLevel.Warning, "{Method} failed; the caller is told UNAVAILABLE.")]
    private partial void LogFailed(Exception failure, string method);
}
