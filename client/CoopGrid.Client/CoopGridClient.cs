using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>
/// A relay's way into the grid. A question whose outcome is unknown is asked again with the same key, at the next address, until
/// it is answered or its deadline passes; the key makes that harmless. Calls, batches and streams go to the silos that hold their members, once replies have told
/// which those are. Thread-safe; one for the whole process.
/// </summary>
public sealed class CoopGridClient : IDisposable
{
    /// <summary>Requests in one batch at most.</summary>
    public const int MaxBatch = 4096;

    private readonly AddressRing _ring;
    private readonly RetryLoop _loop;

    /// <exception cref="ArgumentException">There is no address.</exception>
    public CoopGridClient(CoopGridOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _ring = new AddressRing(options);
        _loop = new RetryLoop(options, _ring);
        var books = new RetryLoop(options with { Deadline = options.BooksDeadline ?? options.Deadline }, _ring);
        Classes = new CoopGridClasses(books);
        Members = new CoopGridMembers(books);
        Metering = new CoopGridMetering(books);
        Market = new CoopGridMarket(books);
        Billing = new CoopGridBilling(books);
        Governance = new CoopGridGovernance(books);
    }

    /// <summary>The public state of customer classes.</summary>
    public CoopGridClasses Classes { get; }

    /// <summary>Accounts.</summary>
    public CoopGridMembers Members { get; }

    /// <summary>Meters' reports.</summary>
    public CoopGridMetering Metering { get; }

    /// <summary>The capacity market.</summary>
    public CoopGridMarket Market { get; }

    /// <summary>Bills and the books.</summary>
    public CoopGridBilling Billing { get; }

    /// <summary>Proposals and votes.</summary>
    public CoopGridGovernance Governance { get; }

    /// <summary>The address that is being asked.</summary>
    public Uri CurrentAddress => _ring.Current.Address;

    /// <summary>Asks whether one message may be sent. Refusals, malformed requests and UNAVAILABLE are answers.</summary>
    /// <exception cref="RpcException">The caller is not let in, or the server does not know the call.</exception>
    public Task<AdmissionAnswer> AdmitAsync(AdmitRequest request, CancellationToken stop = default) =>
        AskAsync(request, (invoker, options) => new Admission.AdmissionClient(invoker).AdmitAsync(request, options), stop);

    /// <summary>
    /// Waits for the second of a deferred request's ticket, by the clock of the options, and redeems it there, under the request's key followed by <c>/ticket</c>
    /// (so that key has at most 121 bytes). Who comes too early by the grid's clock waits as long as the grid says, and comes again.
    /// A caller that ends in between asks for the request again, under its key: it is told the same ticket.
    /// </summary>
    /// <exception cref="ArgumentException">The answer is not a deferred one.</exception>
    public async Task<AdmissionAnswer> RedeemAsync(AdmitRequest request, AdmissionAnswer deferred, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(deferred);
        if (!deferred.IsDeferred) throw new ArgumentException("Only a deferred request has a ticket.", nameof(deferred));
        AdmitRequest redeeming = request.Clone();
        (redeeming.Key, redeeming.Ticket, redeeming.DeferUntilUnixMs) = ($"{request.Key}/ticket", deferred.Reply.Ticket, 0);
        TimeSpan wait = DateTimeOffset.FromUnixTimeMilliseconds(deferred.Reply.NotBeforeUnixMs) - _loop.Options.Clock.GetUtcNow();
        while (true)
        {
            if (wait > TimeSpan.Zero) await Task.Delay(wait, _loop.Options.Clock, stop);
            AdmissionAnswer answer = await AdmitAsync(redeeming, stop);
            if (!answer.IsDeferred) return answer;
            wait = TimeSpan.FromMilliseconds(Math.Max(1, answer.Reply.RetryAfterMs));
        }
    }

    /// <summary>Answers as <see cref="AdmitAsync"/> would, and spends nothing.</summary>
    public Task<AdmissionAnswer> QuoteAsync(AdmitRequest request, CancellationToken stop = default) =>
        AskAsync(request, (invoker, options) => new Admission.AdmissionClient(invoker).QuoteAsync(request, options), stop);

    /// <summary>Gives units of an admission back. The units named are the total so far, so a repeat is harmless.</summary>
    /// <exception cref="RpcException">NOT_FOUND, FAILED_PRECONDITION, INVALID_ARGUMENT as in the protocol; UNAVAILABLE at the deadline.</exception>
    public Task<CancelReply> CancelAsync(CancelRequest request, CancellationToken stop = default) =>
        _loop.AskAsync((invoker, options) => new Admission.AdmissionClient(invoker).CancelAsync(request, options), new Patience(_loop.Options), Who.Of(request), stop);

    /// <summary>Asks for up to 4,096 at once. Those without a known decision are asked again with their keys.</summary>
    /// <returns>One answer for each, in order.</returns>
    /// <exception cref="ArgumentException">There are too many.</exception>
    public Task<IReadOnlyList<AdmissionAnswer>> AdmitBatchAsync(IReadOnlyList<AdmitRequest> requests, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count > MaxBatch) throw new ArgumentException($"A batch holds at most {MaxBatch} requests.", nameof(requests));
        return new BatchQuestion(_loop, requests).AskAsync(stop);
    }

    /// <summary>Opens a stream that many callers share; what waits while a message is being written goes out as the next one.</summary>
    public AdmissionStream OpenStream() => new(_loop);

    public void Dispose() => _ring.Dispose();

    private async Task<AdmissionAnswer> AskAsync(
        AdmitRequest request, Func<CallInvoker, CallOptions, AsyncUnaryCall<AdmitReply>> call, CancellationToken stop)
    {
        var patience = new Patience(_loop.Options);
        try
        {
            AdmitReply reply = await _loop.AskAsync(call, patience, Who.Of(request), stop);
            _loop.Homes.Learn(Who.Of(request), reply);
            return new AdmissionAnswer(reply, patience.Attempts);
        }
        catch (RpcException error) when (!stop.IsCancellationRequested && Statuses.AsReply(error) is { } reply)
        {
            return new AdmissionAnswer(reply, patience.Attempts);
        }
    }
}
