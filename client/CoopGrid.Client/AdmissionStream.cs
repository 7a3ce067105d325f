using System.Collections.Concurrent;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>
/// Admission over pipelined streams that many callers share: a leg to each silo that holds members who are asked for, opened with the first of them. Whatever
/// waits while a batch is being written makes the next batch, so batches grow with load and nothing waits for a timer. When a leg breaks or falls silent, what has
/// no answer is asked again with its key, elsewhere, each request until its own deadline.
/// </summary>
public sealed class AdmissionStream : IAsyncDisposable
{
    private readonly RetryLoop _loop;
    private readonly ConcurrentDictionary<Endpoint, Lazy<Line>> _lines = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Requests without an answer, plus one for the stream itself until it is closed.
    private int _open = 1;
    private int _closed;

    internal AdmissionStream(RetryLoop loop) => _loop = loop;

    /// <summary>Asks for one request. The caller bounds how many it has in flight.</summary>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public Task<AdmissionAnswer> AdmitAsync(AdmitRequest request)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) != 0, this);
        var pending = new PendingAdmission(request, _loop.Options);
        Interlocked.Increment(ref _open);
        Send(pending);
        return pending.Answer;
    }

    /// <summary>Takes no more, waits until all that was asked is answered or past its deadline, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0) return;
        Done();
        await _idle.Task;
        await _stop.CancelAsync();
        await Task.WhenAll(_lines.Values.Select(line => line.Value.Running));
        _stop.Dispose();
    }

    // A leg that has ended takes nothing, and is out of the table by then.
    private void Send(PendingAdmission pending)
    {
        while (!LineTo(_loop.Homes.Of(pending.Who)).Leg.TrySend(pending))
        {
        }
    }

    private Line LineTo(Endpoint endpoint) => _lines.GetOrAdd(endpoint, at => new(() => Open(at))).Value;

    private Line Open(Endpoint endpoint)
    {
        var leg = new StreamLeg(_loop.Options, endpoint, (pending, reply) => Answered(endpoint, pending, reply));
        return new(leg, Task.Run(() => RunAsync(endpoint, leg)));
    }

    private async Task RunAsync(Endpoint endpoint, StreamLeg leg)
    {
        Exception why = await leg.RunAsync(_stop.Token);
        if (_stop.IsCancellationRequested) return;
        _loop.Homes.Failed(endpoint);
        _lines.TryRemove(endpoint, out _);
        bool fatal = why is RpcException error && !Statuses.IsUnknown(error.StatusCode);
        foreach (PendingAdmission pending in leg.End())
        {
            if (fatal) Fail(pending, why);
            else _ = AskAgainAsync(pending, new AdmitReply { Outcome = Outcome.Unavailable, Reason = why.Message });
        }
    }

    private void Answered(Endpoint endpoint, PendingAdmission pending, AdmitReply reply)
    {
        _loop.Homes.Learn(pending.Who, reply);
        if (reply.Outcome == Outcome.Unavailable)
        {
            _loop.Homes.Failed(endpoint);
            _ = AskAgainAsync(pending, reply);
            return;
        }

        pending.Settle(reply);
        Done();
    }

    private async Task AskAgainAsync(PendingAdmission pending, AdmitReply last)
    {
        if (await pending.Patience.PauseAsync(CancellationToken.None))
        {
            Send(pending);
            return;
        }

        pending.Settle(last);
        Done();
    }

    private void Fail(PendingAdmission pending, Exception why)
    {
        pending.Fail(why);
        Done();
    }

    private void Done()
    {
        if (Interlocked.Decrement(ref _open) == 0) _idle.TrySetResult();
    }

    /// <summary>A leg and its work.</summary>
    private sealed record Line(StreamLeg Leg, Task Running);
}
