using System.Collections.Concurrent;
using System.Threading.Channels;
using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>
/// One connection of an <see cref="AdmissionStream"/>: writes what waits in batches, reads the batches of answers in the same order.
/// It ends when it breaks or when an answer is overdue; <see cref="End"/> then tells what nobody knows about.
/// </summary>
internal sealed class StreamLeg(CoopGridOptions options, Endpoint endpoint, Action<PendingAdmission, AdmitReply> answered)
{
    private readonly Channel<PendingAdmission> _waiting = Channel.CreateUnbounded<PendingAdmission>();
    private readonly ConcurrentQueue<(PendingAdmission[] Batch, long SentAt)> _inFlight = new();

    /// <summary>Has the request sent; false if the leg has ended.</summary>
    public bool TrySend(PendingAdmission pending) => _waiting.Writer.TryWrite(pending);

    /// <summary>After <see cref="RunAsync"/>: takes nothing more.</summary>
    /// <returns>What has no answer, sent or not, oldest first.</returns>
    public IReadOnlyList<PendingAdmission> End()
    {
        _waiting.Writer.Complete();
        List<PendingAdmission> unanswered = [.. _inFlight.SelectMany(sent => sent.Batch)];
        while (_waiting.Reader.TryRead(out PendingAdmission? unsent)) unanswered.Add(unsent);
        return unanswered;
    }

    /// <summary>Runs until the leg breaks. Never throws.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<Exception> RunAsync(CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            using AsyncDuplexStreamingCall<AdmitBatchRequest, AdmitBatchReply> call =
                new Admission.AdmissionClient(endpoint.Invoker).AdmitStream(cancellationToken: end.Token);
            Task[] parts = [WriteAsync(call.RequestStream, end.Token), ReadAsync(call.ResponseStream, end.Token), WatchAsync(end.Token)];
            Task first = await Task.WhenAny(parts);
            await end.CancelAsync();
            Exception? why = first.Exception?.InnerException;
            await Task.WhenAll(parts).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return why ?? new RpcException(new Status(StatusCode.Unavailable, "The stream ended."));
        }
        catch (RpcException error)
        {
            return error;
        }
    }

    private async Task WriteAsync(IClientStreamWriter<AdmitBatchRequest> writer, CancellationToken stop)
    {
        var batch = new List<PendingAdmission>(options.StreamBatch);
        while (await _waiting.Reader.WaitToReadAsync(stop))
        {
            batch.Clear();
            while (batch.Count < options.StreamBatch && _waiting.Reader.TryRead(out PendingAdmission? next)) batch.Add(next);
            if (batch.Count == 0) continue;
            var message = new AdmitBatchRequest();
            foreach (PendingAdmission pending in batch)
            {
                pending.Patience.BeginAttempt();
                message.Requests.Add(pending.Request);
            }

            _inFlight.Enqueue(([.. batch], options.Clock.GetTimestamp()));
            await writer.WriteAsync(message, stop);
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<AdmitBatchReply> reader, CancellationToken stop)
    {
        while (await reader.MoveNext(stop))
        {
            AdmitBatchReply reply = reader.Current;
            if (!_inFlight.TryPeek(out (PendingAdmission[] Batch, long SentAt) sent) || sent.Batch.Length != reply.Replies.Count)
                throw new RpcException(new Status(StatusCode.Unknown, "A batch of answers does not fit the batch that was asked."));
            _inFlight.TryDequeue(out _);
            for (int i = 0; i < sent.Batch.Length; i++) answered(sent.Batch[i], reply.Replies[i]);
        }
    }

    private async Task WatchAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(options.AttemptTimeout / 4, options.Clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            if (_inFlight.TryPeek(out (PendingAdmission[] Batch, long SentAt) oldest)
                && options.Clock.GetElapsedTime(oldest.SentAt) > options.AttemptTimeout)
                throw new RpcException(new Status(StatusCode.DeadlineExceeded, "The stream does not answer."));
        }
    }
}
