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
            CallOptions attempt = _patience.NextAttempt(stop);
            await Task.WhenAll(open.GroupBy(i => loop.Homes.Of(Who.Of(requests[i]))).Select(home => AskAsync(home.Key, [.. home], attempt)));
            open = [.. open.Where(i => _answers[i]!.Outcome == Outcome.Unavailable)];
            if (open.Length == 0 || !await _patience.PauseAsync(stop)) break;
        }

        return _answers!;
    }

    private async Task AskAsync(Endpoint endpoint, int[] open, CallOptions attempt)
    {
        AdmitBatchReply reply = await TryAsync(endpoint, open, attempt);
        for (int i = 0; i < open.Length; i++)
        {
            _answers[open[i]] = new AdmissionAnswer(reply.Replies[i], _patience.Attempts);
            loop.Homes.Learn(Who.Of(requests[open[i]]), reply.Replies[i]);
        }

        if (reply.Replies.Any(item => item.Outcome == Outcome.Unavailable)) loop.Homes.Failed(endpoint);
    }

    private async Task<AdmitBatchReply> TryAsync(Endpoint endpoint, int[] open, CallOptions attempt)
    {
        var batch = new AdmitBatchRequest();
        batch.Requests.AddRange(open.Select(i => requests[i]));
        try
        {
            using AsyncUnaryCall<AdmitBatchReply> call =
                new Admission.AdmissionClient(endpoint.Invoker).AdmitBatchAsync(batch, attempt);
            AdmitBatchReply reply = await call.ResponseAsync;
            return reply.Replies.Count == open.Length ? reply : throw new RpcException(
                new Status(StatusCode.DataLoss, $"{open.Length} requests were answered by {reply.Replies.Count} replies."));
        }
        catch (RpcException error) when (Statuses.IsUnknown(error.StatusCode) && !attempt.CancellationToken.IsCancellationRequested)
        {
            var unknown = new AdmitBatchReply();
            unknown.Replies.AddRange(open.Select(_ => new AdmitReply { Outcome = Outcome.Unavailable, Reason = error.Status.Detail }));
            return unknown;
        }
    }
}
