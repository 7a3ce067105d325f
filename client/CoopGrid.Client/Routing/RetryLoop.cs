using System.Runtime.ExceptionServices;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>
/// Asks until an answer comes: while the outcome is unknown, the next address is asked the very same thing after a pause. Only for
/// calls that may be repeated.
/// </summary>
internal sealed class RetryLoop(CoopGridOptions options, AddressRing ring)
{
    private readonly Homes _homes = new(options, ring);

    private Status NoTurn => new(StatusCode.DeadlineExceeded, $"{options.MaxInFlight} calls were under way all the time.");

    public CoopGridOptions Options => options;

    public AddressRing Ring => ring;

    public Homes Homes => _homes;

    /// <exception cref="RpcException">A status that says what is wrong, or the last unknown one when the deadline has passed.</exception>
    public Task<TReply> AskAsync<TReply>(Func<CallInvoker, CallOptions, AsyncUnaryCall<TReply>> call, CancellationToken stop) =>
        AskAsync(call, new Patience(options), null, stop);

    /// <param name="who">Asked for at home, if that is known; null = it is nobody's, or whoever's.</param>
    /// <inheritdoc cref="AskAsync{TReply}(Func{CallInvoker, CallOptions, AsyncUnaryCall{TReply}}, CancellationToken)"/>
    public async Task<TReply> AskAsync<TReply>(
        Func<CallInvoker, CallOptions, AsyncUnaryCall<TReply>> call, Patience patience, Who? who, CancellationToken stop)
    {
        while (true)
        {
            if (!await patience.TurnAsync(ring.Turns, stop)) throw new RpcException(NoTurn);
            Endpoint endpoint = who is { } known ? _homes.Of(known) : ring.Current;
            RpcException failure;
            try
            {
                using AsyncUnaryCall<TReply> asked = call(endpoint.Invoker, patience.NextAttempt(stop));
                return await asked.ResponseAsync;
            }
            catch (RpcException error) when (Statuses.IsUnknown(error.StatusCode) && !stop.IsCancellationRequested)
            {
                _homes.Failed(endpoint);
                failure = error;
            }
            finally
            {
                ring.Turns.Release();
            }

            if (!await patience.PauseAsync(stop)) ExceptionDispatchInfo.Throw(failure);
        }
    }
}
