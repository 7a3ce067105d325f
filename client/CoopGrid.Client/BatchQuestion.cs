using CoopGrid.Protocol.V1;
using Grpc.Core;

namespace CoopGrid.Client;

/// <summary>One batch, asked until every item has a decision or the deadline passes.</summary>
internal sealed class BatchQuestion(RetryLoop loop, IReadOnlyList<AdmitRequest> requests)
{
    private readonly AdmissionAnswer?[] _answers = new AdmissionAnswer?[requests.Count];
    private readonly Patience _patience = new(loop.Options);

    public async Task<IReadOnlyList<AdmissionAnswer>> AskAsync(CancellationToken stop)
    {
        int[] open = [.. Enumerable.Range(0, requests.Count)];
        while (open.Length > 0)
        {
            Endpoint endpoint = loop.Ring.Current;
            AdmitBatchReply reply = await TryAsync(endpoint, open, stop);
            for (int i = 0; i < open.Length; i++) _answers[open[i]] = new AdmissionAnswer(reply.Replies[i], _patience.Attempts);
            open = [.. open.Where(i => _answers[i]!.Outcome == Outcome.Unavailable)];
            if (open.Length == 0) break;
            loop.Ring.MoveOnFrom(endpoint);
            if (!await _patience.PauseAsync(stop)) break;
        }

        return _answers!;
    }

    private async Task<AdmitBatchReply> TryAsync(Endpoint endpoint, int[] open, CancellationToken stop)
    {
        var batch = new AdmitBatchRequest();
        batch.Requests.AddRange(open.Select(i => requests[i]));
        try
        {
            using AsyncUnaryCall<AdmitBatchReply> call =
                new Admission.AdmissionClient(endpoint.Invoker).AdmitBatchAsync(batch, _patience.NextAttempt(stop));
            AdmitBatchReply reply = await call.ResponseAsync;
            return reply.Replies.Count == open.Length ? reply : throw new RpcException(
                new Status(StatusCode.DataLoss, $"{open.Length} requests were answered by {reply.Replies.Count} replies."));
        }
        catch (RpcException error) when (Statuses.IsUnknown(error.StatusCode) && !stop.IsCancellationRequested)
        {
            var unknown = new AdmitBatchReply();
            unknown.Replies.AddRange(open.Select(_ => new AdmitReply { Outcome = Outcome.Unavailable, Reason = error.Status.Detail }));
            return unknown;
        }
    }
}
