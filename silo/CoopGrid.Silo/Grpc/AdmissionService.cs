using CoopGrid.Model;
using CoopGrid.Protocol.V1;
using Grpc.Core;
using Outcome = CoopGrid.Model.Outcome;

namespace CoopGrid.Silo.Grpc;

/// <summary>The door for relays.</summary>
internal sealed class AdmissionService(AdmissionDesk desk, IHostApplicationLifetime lifetime) : Protocol.V1.Admission.AdmissionBase
{
    /// <summary>The most requests in one batch.</summary>
    public const int MaxBatch = 4096;

    public override async Task<AdmitReply> Admit(AdmitRequest request, ServerCallContext context) =>
        AdmissionMapping.ToReply(AsAnswer(await desk.Admit(request)));

    public override async Task<AdmitReply> Quote(AdmitRequest request, ServerCallContext context) =>
        AdmissionMapping.ToReply(AsAnswer(await desk.Quote(request)));

    public override Task<AdmitBatchReply> AdmitBatch(AdmitBatchRequest request, ServerCallContext context) => Decide(request);

    public override async Task AdmitStream(
        IAsyncStreamReader<AdmitBatchRequest> requestStream, IServerStreamWriter<AdmitBatchReply> responseStream, ServerCallContext context)
    {
        // Batches are decided side by side and answered in the order sent. When the silo stops, or a batch cannot be answered, no more
        // are read; those that were read are answered all the same.
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var window = new BatchWindow(responseStream, reading, context.CancellationToken);
        try
        {
            await foreach (AdmitBatchRequest batch in requestStream.ReadAllAsync(reading.Token)) await window.Add(Decide(batch));
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            await window.Drain();
            throw Status(StatusCode.Unavailable, "The silo stops; ask again elsewhere, with the same keys.");
        }

        await window.Drain();
    }

    public override async Task<CancelReply> Cancel(CancelRequest request, ServerCallContext context)
    {
        CancelAnswer answer = await desk.Cancel(request);
        return answer.Outcome switch
        {
            CancelOutcome.Returned => new CancelReply { ReturnedUnits = answer.ReturnedUnits },
            CancelOutcome.Invalid => throw Status(StatusCode.InvalidArgument, answer.Reason),
            CancelOutcome.UnitsOutOfRange => throw Status(StatusCode.InvalidArgument, answer.Reason),
            CancelOutcome.Unavailable => throw Status(StatusCode.Unavailable, answer.Reason),
            CancelOutcome.TicketOpened => throw Status(StatusCode.FailedPrecondition, answer.Reason),
            CancelOutcome.EpochClosed => throw Status(StatusCode.FailedPrecondition, answer.Reason),
            _ => throw Status(StatusCode.NotFound, answer.Reason),
        };
    }

    private async Task<AdmitBatchReply> Decide(AdmitBatchRequest batch)
    {
        if (batch.Requests.Count > MaxBatch)
            throw Status(StatusCode.InvalidArgument, $"A batch holds at most {MaxBatch} requests; this one has {batch.Requests.Count}.");
        var reply = new AdmitBatchReply();
        foreach (AdmissionAnswer answer in await desk.AdmitBatch(batch.Requests)) reply.Replies.Add(AdmissionMapping.ToReply(answer));
        return reply;
    }

    /// <summary>A unary call's malformed, conflicting and undecided requests are statuses; everything else is an answer.</summary>
    private static AdmissionAnswer AsAnswer(AdmissionAnswer answer) => answer.Outcome switch
    {
        Outcome.Invalid => throw Status(StatusCode.InvalidArgument, answer.Reason),
        Outcome.KeyConflict => throw Status(StatusCode.AlreadyExists, answer.Reason),
        Outcome.KeyCancelled => throw Status(StatusCode.FailedPrecondition, answer.Reason),
        Outcome.CoopUnknown => throw Status(StatusCode.NotFound, answer.Reason),
        Outcome.Unavailable => throw Status(StatusCode.Unavailable, answer.Reason),
        _ => answer,
    };

    private static RpcException Status(StatusCode code, string reason) => new(new Status(code, reason));
}
