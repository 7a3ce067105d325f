using System.Threading.Channels;
using CoopGrid.Client;
using CoopGrid.Protocol.V1;

namespace CoopGrid.LoadTest.Sending;

/// <summary>One way of asking; any number of questions may be open.</summary>
internal interface ISender : IAsyncDisposable
{
    Task<AdmissionAnswer> AskAsync(AdmitRequest request);
}

/// <summary>Makes the sender of a mode.</summary>
internal static class Senders
{
    public static ISender Open(CoopGridClient client, RunSettings settings) => settings.Mode switch
    {
        SendMode.Batch => new BatchSender(client, settings.BatchSize),
        SendMode.Stream => new StreamSender(client.OpenStream()),
        _ => new UnarySender(client),
    };
}

/// <summary>One call each.</summary>
internal sealed class UnarySender(CoopGridClient client) : ISender
{
    public Task<AdmissionAnswer> AskAsync(AdmitRequest request) => client.AdmitAsync(request);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>One pipelined stream.</summary>
internal sealed class StreamSender(AdmissionStream stream) : ISender
{
    public Task<AdmissionAnswer> AskAsync(AdmitRequest request) => stream.AdmitAsync(request);

    public ValueTask DisposeAsync() => stream.DisposeAsync();
}

/// <summary>Whatever waits when one of a few askers is free becomes its next batch.</summary>
internal sealed class BatchSender : ISender
{
    private const int Askers = 8;

    private readonly Channel<(AdmitRequest Request, TaskCompletionSource<AdmissionAnswer> Answer)> _waiting =
        Channel.CreateUnbounded<(AdmitRequest, TaskCompletionSource<AdmissionAnswer>)>();

    private readonly Task[] _asking;

    public BatchSender(CoopGridClient client, int batchSize) =>
        _asking = [.. Enumerable.Range(0, Askers).Select(_ => AskAllAsync(client, batchSize))];

    public Task<AdmissionAnswer> AskAsync(AdmitRequest request)
    {
        var answer = new TaskCompletionSource<AdmissionAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Writer.TryWrite((request, answer));
        return answer.Task;
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await Task.WhenAll(_asking);
    }

    private async Task AskAllAsync(CoopGridClient client, int batchSize)
    {
        var batch = new List<(AdmitRequest Request, TaskCompletionSource<AdmissionAnswer> Answer)>(batchSize);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < batchSize && _waiting.Reader.TryRead(out var next)) batch.Add(next);
            try
            {
                IReadOnlyList<AdmissionAnswer> answers = await client.AdmitBatchAsync([.. batch.Select(item => item.Request)]);
                for (int i = 0; i < batch.Count; i++) batch[i].Answer.SetResult(answers[i]);
            }
            catch (Grpc.Core.RpcException error)
            {
                foreach ((_, TaskCompletionSource<AdmissionAnswer> answer) in batch) answer.TrySetException(error);
            }
        }
    }
}
