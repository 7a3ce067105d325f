using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>
/// Asks until an answer comes: while the outcome is unknown, the next address is asked the very same thing after a pause. Only for
/// calls that may be repeated.
/// </summary>
internal sealed class RetryLoop(CoopGridOptions options, AddressRing ring)
{
    public CoopGridOptions Options => options;

    public AddressRing Ring => ring;

    /// <exception cref="RpcException">A status that says what is wrong, or the last unknown one when the deadline has passed.</exception>
    public Task<TReply> AskAsync<TReply>(Func<CallInvoker, CallOptions, AsyncUnaryCall<TReply>> call, CancellationToken stop) =>
        AskAsync(call, new Patience(options), stop);

    public async Task<TReply> AskAsync<TReply>(
        Func<CallInvoker, CallOptions, AsyncUnaryCall<TReply>> call, Patience patience, CancellationToken stop)
    {
        while (true)
        {
            Endpoint endpoint = ring.Current;
            try
            {
                using AsyncUnaryCall<TReply> asked = call(endpoint.Invoker, patience.NextAttempt(stop));
                return await asked.ResponseAsync;
            }
            catch (RpcException error) when (Statuses.IsUnknown(error.StatusCode) && !stop.IsCancellationRequested)
            {
                ring.MoveOnFrom(endpoint);
                if (!await patience.PauseAsync(stop)) throw;
            }
        }
    }
}
