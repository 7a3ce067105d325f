using System.Threading.Channels;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>
/// Admission over one pipelined stream that many callers share. Whatever waits while a batch is being written makes the next batch, so
/// batches grow with load and nothing waits for a timer. When the stream breaks or falls silent, what has no answer is asked
/// again with its key over a new stream to the next address, each request until its own deadline.
/// </summary>
public sealed class AdmissionStream : IAsyncDisposable
{
    private readonly RetryLoop _loop;
    private readonly Channel<PendingAdmission> _waiting = Channel.CreateUnbounded<PendingAdmission>();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _running;
    // Requests without an answer, plus one for the stream itself until it is closed.
    private int _open = 1;
    private int _closed;

    internal AdmissionStream(RetryLoop loop)
    {
        _loop = loop;
        _running = RunAsync();
    }

    /// <summary>Asks for one request. The caller bounds how many it has in flight.</summary>
    /// <exception cref="ObjectDisposedException">The stream is closed.</exception>
    public Task<AdmissionAnswer> AdmitAsync(AdmitRequest request)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _closed) != 0, this);
        var pending = new PendingAdmission(request, _loop.Options);
        Interlocked.Increment(ref _open);
        _waiting.Writer.TryWrite(pending);
        return pending.Answer;
    }

    /// <summary>Takes no more, waits until all that was asked is answered or past its deadline, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0) return;
        Done();
        await _idle.Task;
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Endpoint endpoint = _loop.Ring.Current;
            var leg = new StreamLeg(_loop.Options, endpoint, _waiting, Answered);
            Exception why = await leg.RunAsync(_stop.Token);
            if (_stop.IsCancellationRequested) break;
            _loop.Ring.MoveOnFrom(endpoint);
            bool fatal = why is RpcException error && !Statuses.IsUnknown(error.StatusCode);
            foreach (PendingAdmission pending in leg.Unanswered)
            {
                if (fatal) Fail(pending, why);
                else _ = AskAgainAsync(pending, new AdmitReply { Outcome = Outcome.Unavailable, Reason = why.Message });
            }

            // A stream that breaks before anything was sent must not be reopened in a busy loop.
            await Task.Delay(_loop.Options.FirstBackoff, _loop.Options.Clock, _stop.Token).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private void Answered(PendingAdmission pending, AdmitReply reply)
    {
        if (reply.Outcome == Outcome.Unavailable)
        {
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
            _waiting.Writer.TryWrite(pending);
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
}
