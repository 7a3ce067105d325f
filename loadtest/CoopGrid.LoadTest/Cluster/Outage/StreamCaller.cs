using CoopGrid.Protocol.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace CoopGrid.LoadTest.Cluster.Outage;

/// <summary>Keeps a stream open at one silo and writes a batch to it at a steady pace, answered or not. One that breaks is opened again.</summary>
internal sealed class StreamCaller(CallLog log, GrpcChannel channel, double perSecond, Func<long, AdmitBatchRequest> next, TimeProvider clock)
{
    /// <summary>A stream has no deadline: its batches are answered within this.</summary>
    public const double LimitMs = 1000;

    private static readonly TimeSpan ReopenAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastAnswersWithin = TimeSpan.FromSeconds(10);

    private readonly Queue<(AdmitBatchRequest Batch, double SentMs)> _underWay = new();
    private readonly Lock _lock = new();
    private long _number;

    /// <summary>Asks until it is stopped, and returns when everything is answered or has failed.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await OneAsync(stop);
            await Task.Delay(ReopenAfter, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task OneAsync(CancellationToken stop)
    {
        using var broken = new CancellationTokenSource();
        using AsyncDuplexStreamingCall<AdmitBatchRequest, AdmitBatchReply> call = new Admission.AdmissionClient(channel).AdmitStream(cancellationToken: broken.Token);
        Task reading = ReadAsync(call.ResponseStream);
        await WriteAsync(call.RequestStream, reading, stop);
        broken.CancelAfter(LastAnswersWithin);
        await reading;
        while (Next() is { } lost) log.End(CallKind.Stream, LimitMs, lost.SentMs, lost.Batch.Requests, null);
    }

    private async Task WriteAsync(IClientStreamWriter<AdmitBatchRequest> writer, Task reading, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / perSecond), clock);
        try
        {
            while (!reading.IsCompleted && await timer.WaitForNextTickAsync(stop))
            {
                AdmitBatchRequest batch = next(_number++);
                lock (_lock) _underWay.Enqueue((batch, log.Begin(batch.Requests.Count)));
                await writer.WriteAsync(batch, CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception error) when (error is RpcException or InvalidOperationException)
        {
            // The stream is broken; its reader says so too.
            return;
        }

        if (!reading.IsCompleted) await writer.CompleteAsync();
    }

    private async Task ReadAsync(IAsyncStreamReader<AdmitBatchReply> reader)
    {
        try
        {
            while (await reader.MoveNext(CancellationToken.None))
            {
                if (Next() is { } sent) log.End(CallKind.Stream, LimitMs, sent.SentMs, sent.Batch.Requests, reader.Current.Replies);
            }
        }
        catch (RpcException)
        {
        }
    }

    private (AdmitBatchRequest Batch, double SentMs)? Next()
    {
        lock (_lock) return _underWay.TryDequeue(out (AdmitBatchRequest, double) first) ? first : null;
    }
}
